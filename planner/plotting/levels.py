"""Granularity level against latency, memory and traffic: how fine must blocks be to cut well?

From the finest blocks, single operators, to the coarsest, the whole model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.level_sweep import LevelRow
from planner.objectives import LATENCY, Objective
from planner.plotting.objective_axis import axis_of
from planner.plotting.plan_panels import (
    Mark,
    check_searched_by,
    draw_panels,
    least_words,
    numbers,
)


@dataclass(frozen=True)
class LevelPoint:
    """The best plan of one level."""

    level: str
    n_blocks: int
    parts: int
    latency_ms: float
    peak_mib: float
    moved_mib: float
    value: float
    """By the objective, in the unit of its axis."""
    is_proved: bool = True
    """Whether no plan of the level is better."""


@dataclass(frozen=True)
class LevelTable:
    """What the plot shows."""

    levels: tuple[tuple[str, int], ...]
    """Name and number of blocks of each, from fine to coarse."""
    points: tuple[LevelPoint | None, ...]
    """One per level; none where no plan holds all limits, or none was found."""
    best: int | None
    """Place of the level that is best by the objective; among equals the coarsest."""
    best_words: str = ""
    """What it has least of."""
    not_found: tuple[int, ...] = ()
    """Places of levels of which nobody knows whether a plan fits: the search ended before."""
    objective: Objective = LATENCY
    """By which the plans were searched."""


def plans_against_level(rows: Sequence[LevelRow], objective: Objective = LATENCY) -> LevelTable:
    """Picks the numbers to show from a sweep over the levels.

    Args:
        rows: one per level.
        objective: by which their plans were searched.

    Raises:
        PlannerError: there are no rows.
        MismatchError: they were searched by another objective.
    """
    check_searched_by(objective, rows)
    ordered = sorted(rows, key=lambda row: -row.n_blocks)
    points = tuple(_point(row, objective) for row in ordered)
    known = [(point.value, -place) for place, point in enumerate(points) if point is not None]
    return LevelTable(
        levels=tuple((row.level, row.n_blocks) for row in ordered),
        points=points,
        best=-min(known)[1] if known else None,
        best_words=least_words(rows, objective),
        not_found=tuple(
            place for place, row in enumerate(ordered) if not row.feasible and not row.is_proved
        ),
        objective=objective,
    )


def plot_plans_against_level(table: LevelTable, figure: Figure) -> tuple[Axes, ...]:
    """Draws panels that share the levels: latency, memory and moved bytes.

    Above is a panel of the objective if that is not the latency.

    Args:
        table: what to show.
        figure: an empty figure with the constrained layout, best about 7 inches wide and
            `plan_panels.height_in` high.

    Returns:
        The axes from top to bottom.
    """
    best = None if table.best is None else table.points[table.best]
    marks = []
    if best is not None and table.best is not None:
        value = axis_of(table.objective).words(best.value)
        words = f"{table.best_words}: {value} in {_counted(best.parts, 'part')}"
        marks.append(Mark(table.best, best, words, "*"))
    panels = draw_panels(
        figure, dict(enumerate(table.points)), marks, table.objective, not_found=table.not_found
    )
    names = [f"{level}\n{_counted(n, 'block')}" for level, n in table.levels]
    panels[-1].set_xticks(range(len(names)), names)
    panels[-1].set_xlabel("Where the model may be cut: between blocks of this level")
    title = f"Best plan by {table.objective.name} for every granularity level, from fine to coarse"
    figure.suptitle(title, fontsize="medium")
    return panels


def _point(row: LevelRow, objective: Objective) -> LevelPoint | None:
    shown = numbers(row, objective)
    if shown is None:
        return None
    return LevelPoint(row.level, row.n_blocks, len(row.nodes), *shown, row.is_proved)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
