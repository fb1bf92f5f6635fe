"""Number of parts against latency, memory and traffic: in how many parts is the model best cut?

The plan without a cut is ringed, and so are, if they are given, the plan that all this is about and
the split that a person makes by hand between the model's own stages.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.breakdown import Breakdown
from planner.objectives import LATENCY, Objective
from planner.plotting.objective_axis import axis_of
from planner.plotting.plan_panels import (
    Mark,
    check_searched_by,
    draw_panels,
    least_words,
    numbers,
)
from planner.sweep import SweepRow


class GranularityPoint(NamedTuple):
    """A plan with one number of parts."""

    parts: int
    latency_ms: float
    peak_mib: float
    moved_mib: float
    value: float
    """By the objective, in the unit of its axis."""
    is_proved: bool = True
    """Whether no plan with so many parts is better; of no meaning for a plan that was given."""


class GranularityTable(NamedTuple):
    """What the plot shows."""

    points: tuple[GranularityPoint, ...]
    """The best plans in ascending number of parts; only those that fit."""
    does_not_fit: tuple[int, ...]
    """Numbers of parts for which no plan holds all limits."""
    best: GranularityPoint | None
    """By the objective; among equals the fewest parts."""
    best_words: str = ""
    """What it has least of."""
    not_found: tuple[int, ...] = ()
    """Numbers of parts for which nobody knows: the search ended before."""
    objective: Objective = LATENCY
    """By which the plans were searched."""
    plan: GranularityPoint | None = None
    """The plan that all this is about, if it was given."""
    hand_split: GranularityPoint | None = None
    """The split by hand, if it was given and can be run over the links."""
    hand_split_fits: bool = False
    """Whether that holds all memory caps."""


def plans_against_granularity(
    rows: Sequence[SweepRow],
    hand_split: Breakdown | None = None,
    *,
    plan: Breakdown | None = None,
    objective: Objective = LATENCY,
) -> GranularityTable:
    """Picks the numbers to show.

    Args:
        rows: of a sweep over the number of parts.
        hand_split: the price of the split by hand, as `compare` gives it.
        plan: the price of a plan to mark beside the best ones.
        objective: by which the rows' plans were searched.

    Raises:
        PlannerError: there are no rows.
        MismatchError: they were searched by another objective.
    """
    check_searched_by(objective, rows)
    ordered = sorted(rows, key=lambda row: row.parts)
    found = ((row, numbers(row, objective)) for row in ordered)
    points = tuple(
        GranularityPoint(row.parts, *shown, row.is_proved)
        for row, shown in found
        if shown is not None
    )
    empty = [row for row in ordered if not row.feasible]
    return GranularityTable(
        points=points,
        does_not_fit=tuple(row.parts for row in empty if row.is_proved),
        best=min(points, key=lambda point: point.value, default=None),
        best_words=least_words(rows, objective),
        not_found=tuple(row.parts for row in empty if not row.is_proved),
        objective=objective,
        plan=None if plan is None else _priced(plan, objective),
        hand_split=None if hand_split is None else _priced(hand_split, objective),
        hand_split_fits=hand_split is not None and hand_split.fits,
    )


def plot_plans_against_granularity(table: GranularityTable, figure: Figure) -> tuple[Axes, ...]:
    """Draws panels that share the number of parts: latency, memory and moved bytes.

    Above is a panel of the objective if that is not the latency.

    Args:
        table: what to show.
        figure: an empty figure with the constrained layout, best about 7 inches wide and
            `plan_panels.height_in` high.

    Returns:
        The axes from top to bottom.
    """
    plans: dict[int, GranularityPoint | None] = dict.fromkeys(table.does_not_fit + table.not_found)
    plans |= {point.parts: point for point in table.points}
    panels = draw_panels(figure, plans, _marks(table), table.objective, not_found=table.not_found)
    panels[-1].set_xlabel("coarser ← number of parts → finer")
    title = f"Best plan by {table.objective.name} for every number of parts"
    figure.suptitle(title, fontsize="medium")
    return panels


def _priced(plan: Breakdown, objective: Objective) -> GranularityPoint | None:
    """None for a plan that cannot be run over the links."""
    shown = numbers(plan, objective)
    if shown is None or not isfinite(plan.latency_s):
        return None
    return GranularityPoint(len(plan.stages), *shown)


def _marks(table: GranularityTable) -> list[Mark]:
    marks, name = [], table.objective.name
    if table.best is not None:
        words = f"{table.best_words}: {axis_of(table.objective).words(table.best.value)}"
        marks.append(Mark(table.best.parts, table.best, words, "*"))
    whole = next((point for point in table.points if point.parts == 1), None)
    if whole is not None:
        marks.append(Mark(whole.parts, whole, f"best single node by {name}", "o", is_hollow=True))
    if table.plan is not None:
        marks.append(Mark(table.plan.parts, table.plan, "this plan", "D", is_hollow=True))
    hand = table.hand_split
    if hand is not None:
        words = "split by hand" if table.hand_split_fits else "split by hand (does not fit)"
        marks.append(Mark(hand.parts, hand, words, "s", is_hollow=True))
    return marks
