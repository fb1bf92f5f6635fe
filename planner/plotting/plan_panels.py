"""Panels over one axis: latency, highest node memory and moved bytes of the same plans.

Plans that were searched by another objective than the latency have a panel of that above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from textwrap import fill
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from planner.breakdown import Breakdown
from planner.errors import MismatchError, PlannerError
from planner.objectives import LATENCY, Objective
from planner.plan_row import PlanRow
from planner.plotting.objective_axis import axis_of
from planner.plotting.palette import BLUE, VERMILION

_PANEL_IN, _REST_IN = 2.2, 0.9
_PANELS = (
    ("latency_ms", "End-to-end latency,\npredicted (ms)"),
    ("peak_mib", "Highest memory of\nany node, predicted (MiB)"),
    ("moved_mib", "Moved over wires\nper request (MiB)"),
)

_HEADROOM = 1.15
"""Of each axis, in parts of the highest value: a mark's size."""


class PlanNumbers(Protocol):
    """What the panels show of a plan."""

    @property
    def latency_ms(self) -> float:
        """End to end."""
        ...

    @property
    def peak_mib(self) -> float:
        """Highest memory of any node."""
        ...

    @property
    def moved_mib(self) -> float:
        """What crosses wires, inputs and outputs included."""
        ...

    @property
    def value(self) -> float:
        """By the objective, in the unit of its axis."""
        ...

    @property
    def is_proved(self) -> bool:
        """Whether no plan of the class is better, where it is the best one found."""
        ...


def check_rows(rows: Sequence[PlanRow]) -> None:
    """Makes sure that there is something to draw.

    Raises:
        PlannerError: the sweep is empty.
    """
    if not rows:
        raise PlannerError("the sweep has no rows, so there is nothing to draw: try one value more")


def check_searched_by(objective: Objective, rows: Sequence[PlanRow]) -> None:
    """Makes sure that there is something to draw, and that it may be called the best.

    Raises:
        PlannerError: the sweep is empty.
        MismatchError: a plan was searched by another objective.
    """
    check_rows(rows)
    for row in rows:
        if row.feasible and row.objective != objective.name:
            raise MismatchError(
                f"a row's plan was searched by {row.objective}, and cannot be drawn as the best by "
                f"{objective.name}: give the objective of the sweep"
            )


@dataclass(frozen=True)
class Mark:
    """A plan that stands out."""

    x: int
    plan: PlanNumbers
    words: str
    """For the legend."""
    marker: str
    is_hollow: bool = False


def numbers(
    row: PlanRow | Breakdown, objective: Objective
) -> tuple[float, float, float, float] | None:
    """Latency in ms, peak memory in MiB, moved MiB and value; none if there is no plan."""
    if row.latency_s is None or row.peak_bytes is None or row.moved_bytes is None:
        return None
    latency_ms, value = row.latency_s * 1e3, _value(row, objective)
    return latency_ms, row.peak_bytes / 2**20, row.moved_bytes / 2**20, value


def least_words(rows: Iterable[PlanRow], objective: Objective) -> str:
    """For the mark of the best plan: that of what was found, unless all rows are proved."""
    found = "" if all(row.is_proved for row in rows) else " found"
    return f"least {objective.name}{found}"


def height_in(objective: Objective) -> float:
    """Inches for all panels and the legend."""
    return _PANEL_IN * len(_panels(objective)) + _REST_IN


def draw_panels(
    figure: Figure,
    plans: Mapping[int, PlanNumbers | None],
    marks: Sequence[Mark],
    objective: Objective = LATENCY,
    *,
    not_found: Collection[int] = (),
) -> tuple[Axes, ...]:
    """Draws the panels and their common legend.

    Args:
        figure: an empty figure with the constrained layout.
        plans: by place on the axis; none where there is none.
        marks: in the order of the legend.
        objective: by which the plans were searched.
        not_found: places without a plan where the search ended before it knew whether one fits.

    Returns:
        The axes from top to bottom.
    """
    fields = _panels(objective)
    panels = tuple(figure.subplots(len(fields), 1, sharex=True))
    places = sorted(plans)
    ends = {*places, *(mark.x for mark in marks)}
    for axes, (field, label) in zip(panels, fields, strict=True):
        values = [nan if plans[x] is None else getattr(plans[x], field) for x in places]
        axes.plot(
            places, values, color=BLUE, marker="o", label="best plan that fits", clip_on=False
        )
        draw_unproved(axes, _unproved(plans, field))
        empty = [x for x in places if plans[x] is None]
        _draw_gaps(axes, [x for x in empty if x not in not_found], "//", "does not fit")
        _draw_gaps(axes, [x for x in empty if x in not_found], "..", "no plan found in time")
        for mark in marks:
            _draw_mark(axes, mark, getattr(mark.plan, field))
        axes.set_xlim(min(ends, default=1) - 0.5, max(ends, default=1) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=True, axis="y", alpha=0.3)
        axes.set_ylabel(label)
        shown = [*values, *(getattr(mark.plan, field) for mark in marks)]
        axes.set_ylim(0, _HEADROOM * max((value for value in shown if value > 0), default=1.0))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize="small",
                  markerscale=0.6)  # fmt: skip
    return panels


def _panels(objective: Objective) -> tuple[tuple[str, str], ...]:
    """Field and label of each, from top to bottom."""
    if objective == LATENCY:
        return _PANELS
    return ("value", fill(f"{axis_of(objective).label}, predicted", 26)), *_PANELS


def _value(row: PlanRow | Breakdown, objective: Objective) -> float:
    """In the unit of the objective's axis; not a number for a price, which has no quantiles."""
    factor = axis_of(objective).factor
    if objective == LATENCY:
        return nan if row.latency_s is None else row.latency_s * factor
    if isinstance(row, Breakdown):
        return nan if objective.quantile is not None else objective.value(row) * factor
    return nan if row.value is None else row.value * factor


def draw_unproved(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """Marks plans, by their places on both axes, that the search did not prove to be the best."""
    if points:
        axes.plot(
            *zip(*points, strict=True), color="black", marker="o", markersize=4, clip_on=False,
            markerfacecolor="white", linestyle="none", label="not proved to be the best", zorder=4,
        )  # fmt: skip


def _unproved(
    plans: Mapping[int, PlanNumbers | None], field: str
) -> tuple[tuple[float, float], ...]:
    found = [(x, plan) for x, plan in sorted(plans.items()) if plan is not None]
    return tuple((x, getattr(plan, field)) for x, plan in found if not plan.is_proved)


def _draw_gaps(axes: Axes, places: Sequence[int], hatch: str, words: str) -> None:
    for index, x in enumerate(places):
        label = words if index == 0 else None
        axes.axvspan(x - 0.5, x + 0.5, facecolor="0.93", edgecolor="0.7", hatch=hatch, label=label)


def _draw_mark(axes: Axes, mark: Mark, value: float) -> None:
    colour = "black" if mark.is_hollow else VERMILION
    axes.plot(
        mark.x,
        value,
        color=colour,
        marker=mark.marker,
        markersize=13 if mark.is_hollow else 16,
        markerfacecolor="none" if mark.is_hollow else colour,
        linestyle="none",
        label=mark.words,
        clip_on=False,
        zorder=3,
    )
