"""Draws latency against the cap, and published accuracy against latency, from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from experiments.again import draw_again
from experiments.families.config import MIB, FamiliesConfig, case_of
from experiments.families.contenders import Way
from experiments.families.family_rows import FamilyRow
from experiments.families.published import PublishedAccuracy
from experiments.families.summary import Cell, cells
from experiments.rows import rows_of
from planner.files import read_record
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import Style, style_of

_STEP = 1.028
"""Of a cap, from one model's mark to the next one's: about a mark's width."""


def draw(folder: Path) -> Figure:
    """A panel per link setting and one of accuracies, of a folder's rows."""
    rows = rows_of(folder, FamilyRow)
    config = read_record(folder / "config.json", FamiliesConfig)
    published = read_record(folder / "published.json", PublishedAccuracy)
    best = [cell for cell in cells(rows) if cell.way is Way.BEST]
    styles = {case: style_of(n) for n, case in enumerate(published.cases)}
    links = list(dict.fromkeys(cell.link for cell in best))
    figure = Figure(figsize=(5 * (len(links) + 1), 5.4), layout="constrained")
    axes = figure.subplots(1, len(links) + 1)
    for link, ax in zip(links, axes, strict=False):
        if ax is not axes[0]:
            ax.sharey(axes[0])
        plot_latencies([cell for cell in best if cell.link == link], styles, ax)
        ax.set_title(f"Latency under every cap, {link}", fontsize="medium")
    cap_bytes = split_cap_bytes(best, case_of(config.familiar))
    plot_accuracies(_at(best, cap_bytes), published, styles, axes[-1])
    return figure


def split_cap_bytes(cells: Sequence[Cell], case: str) -> int:
    """The smallest cap under which a model runs, in parts if need be; else the largest."""
    caps = sorted({cell.cap_bytes for cell in cells})
    runs = {cell.cap_bytes for cell in cells if cell.case == case and cell.measured_s}
    return min(runs, default=caps[-1])


def plot_latencies(cells: Sequence[Cell], styles: Mapping[str, Style], ax: Axes) -> None:
    """Predicted latency as lines and measured latency as markers, with the number of parts.

    Models stand beside each other at every cap, as they may take equally long, and their numbers
    above and below in turn.
    """
    for index, (case, style) in enumerate(styles.items()):
        mine = sorted((c for c in cells if c.case == case), key=lambda cell: cell.cap_bytes)
        fit = [cell for cell in mine if cell.predicted_s is not None]
        beside = _STEP ** (index - (len(styles) - 1) / 2)
        ax.plot(
            [cell.cap_bytes / MIB * beside for cell in fit],
            [cell.predicted_s * 1e3 for cell in fit], color=style.colour, lw=1,
        )  # fmt: skip
        above = index % 2
        for cell in fit:
            if cell.measured_s is not None:
                at = (cell.cap_bytes / MIB * beside, cell.measured_s * 1e3)
                ax.plot(*at, color=style.colour, marker=style.marker, ls="none")
                if cell.parts is not None and cell.parts > 1:
                    ax.annotate(str(cell.parts), at, (0, 4 if above else -4),
                                textcoords="offset points", fontsize=8, color=style.colour,
                                ha="center", va="bottom" if above else "top",
                                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2,
                                      "alpha": 0.8})  # fmt: skip
    caps = sorted({cell.cap_bytes for cell in cells})
    ax.set(xscale="log", yscale="log", xlabel="Memory cap of every node (MiB), models side by side",
           ylabel="End-to-end latency (ms)")  # fmt: skip
    ax.set_xticks([cap / MIB for cap in caps], [f"{cap / MIB:g}" for cap in caps])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(y=0.1)
    _plain_ticks(ax.yaxis)
    ax.grid(visible=True, alpha=0.3)
    legend_below(ax, [*_named(styles), Line2D([], [], color="0.3", label="predicted"),
                      Line2D([], [], color="0.3", marker="o", ls="none",
                             label="measured; number: in so many parts")])  # fmt: skip


def plot_accuracies(
    cells: Sequence[Cell],
    published: PublishedAccuracy,
    styles: Mapping[str, Style],
    ax: Axes,
) -> None:
    """Published accuracy over measured latency under one cap; open where it runs in parts.

    All published weights of a model stand above each other: which are the best to be had depends on
    who trained them when, and the latency does not.
    """
    links = list(dict.fromkeys(cell.link for cell in cells))
    for cell in cells:
        weights = sorted(each.top1_percent for each in published.of(cell.case))
        if cell.measured_s is None or not weights:
            continue
        style, x = styles[cell.case], cell.measured_s * 1e3
        ax.plot([x] * len(weights), weights, color=style.colour, marker=style.marker, lw=0.8,
                fillstyle="full" if cell.parts == 1 else "none",
                ms=9 - 3 * links.index(cell.link))  # fmt: skip
        if cell.link == links[0]:
            # Above and below in turn: neighbours in the list are often neighbours here.
            above = list(styles).index(cell.case) % 2
            y = weights[-1 if above else 0]
            ax.annotate(cell.case, (x, y), (0, 7 if above else -7), textcoords="offset points",
                        ha="center", va="bottom" if above else "top", fontsize=8,
                        color=style.colour)  # fmt: skip
    ax.set(xscale="log", xlabel="End-to-end latency, measured (ms)",
           ylabel="Top-1 accuracy, published (%)")  # fmt: skip
    ax.margins(0.15, 0.1)
    _plain_ticks(ax.xaxis)
    ax.grid(visible=True, alpha=0.3)
    ax.set_title(f"Accuracy for latency under {cells[0].cap_bytes / MIB:g} MiB",
                 fontsize="medium")  # fmt: skip
    sizes = [
        Line2D([], [], color="0.3", marker="o", ls="none", ms=9 - 3 * number, label=link)
        for number, link in enumerate(links)
    ]
    parts = Line2D([], [], color="0.3", marker="o", ls="none", fillstyle="none", label="in parts")
    joined = Line2D([], [], color="0.3", lw=0.8, label="joined: several published weights")
    legend_below(ax, [*sizes, parts, joined])


def _at(cells: Sequence[Cell], cap_bytes: int) -> list[Cell]:
    return [cell for cell in cells if cell.cap_bytes == cap_bytes]


def _plain_ticks(axis: Axis) -> None:
    """Numbers such as 20, 50 and 100 on an axis that may span less than a decade."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())


def _named(styles: Mapping[str, Style]) -> list[Line2D]:
    return [
        Line2D([], [], color=style.colour, marker=style.marker, ls="none", label=case)
        for case, style in styles.items()
    ]


if __name__ == "__main__":
    draw_again(draw, Path(__file__).parent)
