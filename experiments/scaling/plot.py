"""Draws time against blocks and against nodes from the rows, and reads nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.again import draw_again
from experiments.rows import rows_of
from experiments.scaling.growth import ALONG, growth, series
from experiments.scaling.solve_times import ScalingRow
from planner.limits import Order
from planner.plotting.palette import LINES, style_of

_ORDERS = (Order.LISTED, Order.FREE)


def draw(rows: Sequence[ScalingRow]) -> Figure:
    """Two panels with both scales logarithmic; filled where every plan was proved."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, along in zip(panels, ALONG, strict=True):
        _draw_panel(axes, rows, along)
    panels[0].set_ylabel("CPU seconds, median")
    figure.suptitle("Time for a plan; hollow where some plan kept a gap")
    return figure


def _draw_panel(axes: Axes, rows: Sequence[ScalingRow], along: str) -> None:
    ticks: set[int] = set()
    for index, order in enumerate(_ORDERS):
        style, line = style_of(index), LINES[index]
        chosen = series(rows, order, along)
        sizes = [int(getattr(row, along)) for row in chosen]
        found = growth(rows, order, along)
        grows = "" if found is None else f": {along}^{found.slope:.2f}"
        times_s = [row.median_cpu_s for row in chosen]
        axes.plot(
            sizes, times_s, color=style.colour, marker=style.marker, linestyle=line, zorder=1,
            label=f"{order} order{grows}",
        )  # fmt: skip
        hollow = [row for row in chosen if row.proved < row.problems]
        axes.plot(
            [int(getattr(row, along)) for row in hollow], [row.median_cpu_s for row in hollow],
            color=style.colour, marker=style.marker, markerfacecolor="white", linestyle="none",
            zorder=2,
        )  # fmt: skip
        ticks.update(sizes)
    other, fixed = ALONG[along]
    axes.set(xscale="log", yscale="log", xlabel=along, title=f"{fixed} {other}")
    axes.set_xticks(sorted(ticks), [f"{tick:,}" for tick in sorted(ticks)], rotation=45)
    axes.minorticks_off()
    axes.set_axisbelow(True)
    axes.grid(color="0.92")
    axes.legend(frameon=False, fontsize="small")


if __name__ == "__main__":
    draw_again(lambda folder: draw(rows_of(folder, ScalingRow)), Path(__file__).parent)
