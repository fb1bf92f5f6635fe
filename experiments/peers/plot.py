"""Draws every tool's latency over ours, by link setting, from the committed summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from experiments.again import draw_again
from experiments.peers.summary import Cell, Outcome, PeersSummary
from experiments.rows import refuse_none
from planner.files import read_record
from planner.plotting.palette import GREY, style_of

_SPREAD = 0.75
"""Of the cases of one tool, in rows."""
_TICKS = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)


def draw(folder: Path) -> Figure:
    """A panel per link setting, of a folder's summary."""
    cells = read_record(folder / "summary.json", PeersSummary).cells
    refuse_none(cells)
    links = list(dict.fromkeys(cell.link for cell in cells))
    figure = Figure(figsize=(1.5 + 3.5 * len(links), 4.2), layout="constrained")
    axes = figure.subplots(1, len(links), sharex=True, sharey=True, squeeze=False)[0]
    tools = list(dict.fromkeys(cell.tool for cell in cells))
    cases = list(dict.fromkeys(cell.case for cell in cells))
    for ax, link in zip(axes, links, strict=True):
        plot_ratios([cell for cell in cells if cell.link == link], ax, tools=tools, cases=cases)
        ax.set_title(link.replace("+", ", "), fontsize="medium")
    set_scale(axes[0], [cell.over_ours for cell in cells if cell.over_ours is not None])
    axes[len(links) // 2].set_xlabel("measured latency of their split / of our plan")
    figure.legend(handles=_legend(cases), loc="outside lower center", ncols=len(cases) + 2,
                  fontsize="small")  # fmt: skip
    return figure


def plot_ratios(
    cells: Sequence[Cell], axes: Axes, *, tools: Sequence[str], cases: Sequence[str]
) -> None:
    """One row per tool, a marker per case; what was not measured stands in words at the right.

    What ran although its predicted memory is above a cap has a star.

    Args:
        cells: of one link setting.
        axes: to draw on.
        tools: rows, from the top.
        cases: in the order of their styles.
    """
    for cell in cells:
        style = style_of(cases.index(cell.case))
        offset = (cases.index(cell.case) + 0.5) / len(cases) - 0.5
        row = tools.index(cell.tool) + _SPREAD * offset
        if cell.over_ours is not None:
            axes.plot(cell.over_ours, row, marker=style.marker, color=style.colour, ls="", ms=6)
            if cell.fits is False:
                axes.annotate("*", (cell.over_ours, row), (6, -2), textcoords="offset points",
                              va="center", fontweight="bold")  # fmt: skip
        else:
            words = "not measured" if cell.outcome is Outcome.FAILED else cell.outcome.value
            axes.text(0.99, row, words, transform=axes.get_yaxis_transform(), color=style.colour,
                      ha="right", va="center", fontsize="x-small")  # fmt: skip
    axes.axvline(1, color=GREY, lw=1)
    axes.set_yticks(range(len(tools)), tools)
    axes.set_ylim(len(tools) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)


def set_scale(axes: Axes, ratios: Sequence[float]) -> None:
    """A logarithmic axis around the ratios, with room for words at the right."""
    low, high = min([0.9, *ratios]) / 1.1, 1.8 * max([2.0, *ratios])
    axes.set_xscale("log")
    axes.set_xticks([tick for tick in _TICKS if low < tick < high])
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}"))
    axes.set_xlim(low, high)


def _legend(cases: Sequence[str]) -> list[Line2D]:
    styles = [style_of(number) for number in range(len(cases))]
    return [
        *(Line2D([], [], marker=style.marker, color=style.colour, ls="", label=case)
          for style, case in zip(styles, cases, strict=True)),
        Line2D([], [], color=GREY, lw=1, label="as fast as ours"),
        Line2D([], [], marker="$*$", color="black", ls="", label="predicted above a cap"),
    ]  # fmt: skip


if __name__ == "__main__":
    draw_again(draw, Path(__file__).parent)
