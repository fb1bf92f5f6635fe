"""Pareto front: what does it take to be better in one of two things?

Every point is a plan beside which no other is as good in one and better in the other; between two
points lies nothing, so the line is a staircase.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from planner.plotting.objective_axis import axis_of
from planner.plotting.palette import style_of
from planner.solvers.pareto import ParetoFront

_COMPLETE = "no other plan is as good in one and better in the other"
_OPEN = "not proved complete"


@dataclass(frozen=True)
class FrontPoint:
    """One plan of the front, in the units of the axes."""

    first: float
    second: float
    nodes: tuple[str, ...]
    """Of the parts, in order."""


@dataclass(frozen=True)
class FrontTable:
    """What the plot shows."""

    first_label: str
    """Name of the first objective with its unit; milliseconds for times."""
    second_label: str
    points: tuple[FrontPoint, ...]
    """By ascending first value."""
    is_complete: bool
    """Whether no plan is missing."""


def front_table(front: ParetoFront) -> FrontTable:
    """The numbers to show of a front."""
    first, second = axis_of(front.first), axis_of(front.second)
    return FrontTable(
        first_label=first.label,
        second_label=second.label,
        points=tuple(
            FrontPoint(
                point.first * first.factor,
                point.second * second.factor,
                tuple("+".join(stage.nodes) for stage in point.plan.stages),
            )
            for point in front.points
        ),
        is_complete=front.is_complete,
    )


def plot_front(table: FrontTable, ax: Axes) -> None:
    """Draws the staircase and its plans by number of parts; best about 6 by 4.5 inches."""
    ax.plot(
        [point.first for point in table.points],
        [point.second for point in table.points],
        color="0.6",
        drawstyle="steps-post",
        zorder=1,
    )
    for parts in sorted({len(point.nodes) for point in table.points}):
        chosen = [point for point in table.points if len(point.nodes) == parts]
        style = style_of(parts - 1)
        ax.plot(
            [point.first for point in chosen], [point.second for point in chosen],
            color=style.colour, marker=style.marker, markersize=8, linestyle="none", zorder=2,
            label=f"{parts} part{'s' if parts > 1 else ''}",
        )  # fmt: skip
    ax.margins(0.12)
    ax.grid(visible=True, alpha=0.3)
    ax.set_xlabel(table.first_label)
    ax.set_ylabel(table.second_label)
    ax.set_title(f"Pareto front: {_COMPLETE if table.is_complete else _OPEN}", fontsize="medium")
    if table.points:
        ax.legend(fontsize="small")
    else:
        ax.text(0.5, 0.5, "no plan fits", transform=ax.transAxes, ha="center", va="center")
