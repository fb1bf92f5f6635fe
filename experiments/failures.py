"""Failures of one model, which must not keep an experiment from going on with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from planner import api
from planner.errors import PlannerError
from profiler.capture import CapturedModel
from profiler.errors import ProfilerError


@contextmanager
def passing_over(name: str) -> Iterator[None]:
    """Says that the block failed for what has that name, and why, and ends it there."""
    try:
        yield
    except (PlannerError, ProfilerError) as error:
        print(f"{name}: {type(error).__name__}: {error}; passed over", flush=True)


def run_model(
    model: str,
    backends: Sequence[str],
    run: Callable[[CapturedModel, str], None],
    out_of_time: Callable[[], bool],
) -> None:
    """Captures a model and runs it on each backend while there is time; passes over what fails."""
    if not backends or out_of_time():
        return
    with passing_over(model):
        captured = api.capture(model)
        for backend in backends:
            if not out_of_time():
                with passing_over(f"{model} {backend}"):
                    run(captured, backend)
