"""Number of parts against latency, memory and traffic: in how many parts is the model best cut?

The plan without a cut is ringed, and so is the split that a person makes by hand between the
model's own stages, if it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.breakdown import Breakdown
from planner.plotting.plan_panels import Mark, check_rows, draw_panels, numbers
from planner.sweep import SweepRow

_TITLE = (
    "Best plan for every number of parts\n"
    "coarser (left): less communication, more hardware in one place\n"
    "finer (right): less hardware in each place, more communication"
)


class GranularityPoint(NamedTuple):
    """A plan with one number of parts."""

    parts: int
    latency_ms: float
    peak_mib: float
    moved_mib: float


class GranularityTable(NamedTuple):
    """What the plot shows."""

    points: tuple[GranularityPoint, ...]
    """The best plans in ascending number of parts; only those that fit."""
    does_not_fit: tuple[int, ...]
    """Numbers of parts for which no plan holds all limits."""
    best: GranularityPoint | None
    """Least latency; among equals the fewest parts."""
    hand_split: GranularityPoint | None = None
    """The split by hand, if it was given and can be run over the links."""
    hand_split_fits: bool = False
    """Whether that holds all memory caps."""


def plans_against_granularity(
    rows: Sequence[SweepRow], hand_split: Breakdown | None = None
) -> GranularityTable:
    """Picks the numbers to show.

    Args:
        rows: of a sweep over the number of parts.
        hand_split: the price of the split by hand, as `compare` gives it.

    Raises:
        PlannerError: there are no rows.
    """
    check_rows(rows)
    found = ((row.parts, numbers(row)) for row in sorted(rows, key=lambda row: row.parts))
    points = tuple(GranularityPoint(parts, *shown) for parts, shown in found if shown is not None)
    return GranularityTable(
        points=points,
        does_not_fit=tuple(sorted(row.parts for row in rows if not row.feasible)),
        best=min(points, key=lambda point: point.latency_ms, default=None),
        hand_split=None if hand_split is None else _by_hand(hand_split),
        hand_split_fits=hand_split is not None and hand_split.fits,
    )


def plot_plans_against_granularity(table: GranularityTable, figure: Figure) -> tuple[Axes, ...]:
    """Draws three panels that share the number of parts: latency, memory and moved bytes.

    Args:
        table: what to show.
        figure: an empty figure, best about 7 by 7 inches with the constrained layout.

    Returns:
        The axes from top to bottom.
    """
    plans = {parts: None for parts in table.does_not_fit}
    panels = draw_panels(figure, plans | {p.parts: p for p in table.points}, _marks(table))
    panels[-1].set_xlabel("Number of parts")
    figure.suptitle(_TITLE, fontsize="medium")
    return panels


def _by_hand(hand_split: Breakdown) -> GranularityPoint | None:
    shown = numbers(hand_split)
    if shown is None or not isfinite(hand_split.latency_s):
        return None
    return GranularityPoint(len(hand_split.stages), *shown)


def _marks(table: GranularityTable) -> list[Mark]:
    marks = []
    if table.best is not None:
        words = f"least latency: {table.best.latency_ms:.3g} ms"
        marks.append(Mark(table.best.parts, table.best, words, "*"))
    whole = next((point for point in table.points if point.parts == 1), None)
    if whole is not None:
        marks.append(Mark(whole.parts, whole, "best single node", "o", is_hollow=True))
    hand = table.hand_split
    if hand is not None:
        words = "split by hand" if table.hand_split_fits else "split by hand (does not fit)"
        marks.append(Mark(hand.parts, hand, words, "s", is_hollow=True))
    return marks
