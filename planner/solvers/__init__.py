"""Solvers: where to cut, and which node runs which part."""
