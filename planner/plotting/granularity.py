"""Number of parts against latency, memory and traffic."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from planner.sweep import SweepRow

# From the palette of Okabe and Ito, whose colours stay distinct with every kind of colour vision.
_BLUE, _ORANGE, _GREEN, _VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"

_TITLE = (
    "Best plan for every number of parts\n"
    "coarser (left): less communication, more hardware in one place\n"
    "finer (right): less hardware in each place, more communication"
)


class GranularityPoint(NamedTuple):
    """The best plan with one number of parts."""

    parts: int
    latency_ms: float
    peak_mib: float
    moved_mib: float


class GranularityTable(NamedTuple):
    """What the plot shows."""

    points: tuple[GranularityPoint, ...]
    """In ascending number of parts; only those that fit."""
    does_not_fit: tuple[int, ...]
    """Numbers of parts for which no plan holds all limits."""
    best: GranularityPoint | None
    """Least latency; among equals the fewest parts."""


def plans_against_granularity(rows: Sequence[SweepRow]) -> GranularityTable:
    """Picks the numbers to show from a sweep over the number of parts."""
    points = tuple(
        GranularityPoint(
            row.parts, row.latency_s * 1e3, row.peak_bytes / 2**20, row.moved_bytes / 2**20
        )
        for row in sorted(rows, key=lambda row: row.parts)
        if row.latency_s is not None and row.peak_bytes is not None and row.moved_bytes is not None
    )
    return GranularityTable(
        points=points,
        does_not_fit=tuple(sorted(row.parts for row in rows if not row.feasible)),
        best=min(points, key=lambda point: point.latency_ms, default=None),
    )


def plot_plans_against_granularity(table: GranularityTable, figure: Figure) -> tuple[Axes, ...]:
    """Draws three panels that share the number of parts: latency, memory and moved bytes.

    Args:
        table: what to show.
        figure: an empty figure, best about 7 by 7 inches with the constrained layout.

    Returns:
        The axes from top to bottom.
    """
    panels = tuple(figure.subplots(3, 1, sharex=True))
    lines = (
        ("latency_ms", "End-to-end\nlatency (ms)", _BLUE, "o"),
        ("peak_mib", "Highest memory\nof any node (MiB)", _ORANGE, "s"),
        ("moved_mib", "Moved over\nwires (MiB)", _GREEN, "^"),
    )
    for axes, (field, label, colour, marker) in zip(panels, lines, strict=True):
        parts, values = _line(table, field)
        axes.plot(
            parts, values, color=colour, marker=marker, label="best plan that fits", clip_on=False
        )
        _draw_marks(axes, table, field)
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    panels[-1].set_xlabel("Number of parts")
    figure.suptitle(_TITLE, fontsize="medium")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize="small")
    return panels


def _line(table: GranularityTable, field: str) -> tuple[list[int], list[float]]:
    """The panel's line; it is broken where nothing fits."""
    values = {parts: nan for parts in table.does_not_fit}
    values |= {point.parts: getattr(point, field) for point in table.points}
    return sorted(values), [values[parts] for parts in sorted(values)]


def _draw_marks(axes: Axes, table: GranularityTable, field: str) -> None:
    shown = [point.parts for point in table.points] + list(table.does_not_fit)
    axes.set_xlim(min(shown, default=1) - 0.5, max(shown, default=1) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, axis="y", alpha=0.3)
    axes.margins(y=0.15)
    for index, parts in enumerate(table.does_not_fit):
        label = "does not fit" if index == 0 else None
        axes.axvspan(
            parts - 0.5, parts + 0.5, facecolor="0.93", edgecolor="0.7", hatch="//", label=label
        )
    if table.best is not None:
        axes.plot(
            table.best.parts,
            getattr(table.best, field),
            color=_VERMILION,
            marker="*",
            markersize=16,
            linestyle="none",
            label=f"least latency: {table.best.latency_ms:.3g} ms",
            clip_on=False,
            zorder=3,
        )
    _mark_single_node(axes, table, field)


def _mark_single_node(axes: Axes, table: GranularityTable, field: str) -> None:
    """Rings the plan without a cut, if the whole model fits a node."""
    whole = next((point for point in table.points if point.parts == 1), None)
    if whole is not None:
        axes.plot(
            whole.parts,
            getattr(whole, field),
            color="black",
            marker="o",
            markersize=13,
            markerfacecolor="none",
            linestyle="none",
            clip_on=False,
            label="best single node",
        )
