"""Three panels over one axis: latency, highest node memory and moved bytes of the same plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from planner.breakdown import Breakdown
from planner.errors import PlannerError
from planner.plan_row import PlanRow
from planner.plotting.palette import BLUE, GREEN, ORANGE, VERMILION

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


def check_rows(rows: Sequence[PlanRow]) -> None:
    """Makes sure that there is something to draw.

    Raises:
        PlannerError: the sweep is empty.
    """
    if not rows:
        raise PlannerError("the sweep has no rows, so there is nothing to draw: try one value more")


@dataclass(frozen=True)
class Mark:
    """A plan that stands out."""

    x: int
    plan: PlanNumbers
    words: str
    """For the legend."""
    marker: str
    is_hollow: bool = False


def numbers(row: PlanRow | Breakdown) -> tuple[float, float, float] | None:
    """Latency in ms, peak memory in MiB and moved MiB; none if there is no plan."""
    if row.latency_s is None or row.peak_bytes is None or row.moved_bytes is None:
        return None
    return row.latency_s * 1e3, row.peak_bytes / 2**20, row.moved_bytes / 2**20


def draw_panels(
    figure: Figure, plans: Mapping[int, PlanNumbers | None], marks: Sequence[Mark]
) -> tuple[Axes, ...]:
    """Draws the panels and their common legend.

    Args:
        figure: an empty figure with the constrained layout.
        plans: by place on the axis; none where nothing fits.
        marks: in the order of the legend.

    Returns:
        The axes from top to bottom.
    """
    panels = tuple(figure.subplots(3, 1, sharex=True))
    lines = (
        ("latency_ms", "End-to-end latency,\npredicted (ms)", BLUE, "o"),
        ("peak_mib", "Highest memory of\nany node, predicted (MiB)", ORANGE, "s"),
        ("moved_mib", "Moved over wires\nper request (MiB)", GREEN, "^"),
    )
    places = sorted(plans)
    for axes, (field, label, colour, marker) in zip(panels, lines, strict=True):
        values = [nan if plans[x] is None else getattr(plans[x], field) for x in places]
        axes.plot(
            places, values, color=colour, marker=marker, label="best plan that fits", clip_on=False
        )
        _draw_gaps(axes, [x for x in places if plans[x] is None])
        for mark in marks:
            _draw_mark(axes, mark, getattr(mark.plan, field))
        axes.set_xlim(min(places, default=1) - 0.5, max(places, default=1) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=True, axis="y", alpha=0.3)
        axes.set_ylabel(label)
        shown = [*values, *(getattr(mark.plan, field) for mark in marks)]
        axes.set_ylim(0, _HEADROOM * max((value for value in shown if value > 0), default=1.0))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize="small",
                  markerscale=0.6)  # fmt: skip
    return panels


def _draw_gaps(axes: Axes, places: Sequence[int]) -> None:
    for index, x in enumerate(places):
        label = "does not fit" if index == 0 else None
        axes.axvspan(x - 0.5, x + 0.5, facecolor="0.93", edgecolor="0.7", hatch="//", label=label)


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
