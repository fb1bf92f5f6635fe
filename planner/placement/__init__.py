"""Placement: operators of a graph on identical accelerators and the host's processors."""
