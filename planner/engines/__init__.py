"""Engines: run a folder of emitted parts and measure it. One file per engine, chosen by name."""

from __future__ import annotations

from planner.engines.inline import InlineEngine
from planner.engines.interface import Engine
from planner.engines.processes import ProcessesEngine
from planner.errors import PlannerError

NAMES = ("inline", "processes")


def engine_named(name: str) -> Engine:
    """The engine of that name.

    Raises:
        PlannerError: unknown name.
    """
    for engine in (InlineEngine(), ProcessesEngine()):
        if engine.name == name:
            return engine
    raise PlannerError(f"unknown engine {name!r}: choose one of {', '.join(NAMES)}")
