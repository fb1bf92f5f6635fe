"""Planner: where to cut, what it costs, the emitted parts, and how they ran."""
