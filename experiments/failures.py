"""Failures of one model, which must not keep an experiment from going on with the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from planner.errors import PlannerError
from profiler.errors import ProfilerError


@contextmanager
def passing_over(name: str) -> Iterator[None]:
    """Says that the block failed for what has that name, and why, and ends it there."""
    try:
        yield
    except (PlannerError, ProfilerError) as error:
        print(f"{name}: {type(error).__name__}: {error}; passed over", flush=True)
