"""How a stage is marked wherever the page shows it: by a number and a colour."""

from __future__ import annotations

from planner.report.markup import Markup, element
from planner.report.style import N_STAGE_COLOURS


def stage_class(index: int) -> str:
    """The class that gives a stage its colour."""
    return f"stage-{index % N_STAGE_COLOURS}"


def stage_badge(index: int) -> Markup:
    """Its number, that of its file and in errors and traces, on its colour."""
    return element("span", str(index), class_=f"badge {stage_class(index)}")
