"""Draws latency, memory and traffic against the number of parts, per model, from the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from math import nan
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter

from experiments.again import draw_again
from experiments.granularity.granularity_row import GranularityRow, Sweep
from experiments.granularity.summary import best_of
from experiments.rows import rows_of
from planner.plotting.palette import GREY, style_of

_MARKS = ("least latency", "the whole on a single node", "split by hand")
"""Of plans over every link setting."""
_Value = Callable[[GranularityRow], float | None]


def draw(rows: Sequence[GranularityRow]) -> Figure:
    """A column per model; rows of panels for latency, memory and traffic."""
    models = sorted({row.model for row in rows}, key=lambda model: (len(model), model))
    figure = Figure(figsize=(3.1 * len(models) + 1.2, 8.4), layout="constrained")
    panels = figure.subplots(3, len(models), sharex="col", squeeze=False)
    for column, model in zip(panels.T, models, strict=True):
        mine = [row for row in rows if row.model == model]
        _draw_model(mine, column)
        column[0].set_title(model.rpartition(":")[2])
    for axes, words in zip(
        panels[:, 0],
        ("End to end (ms)", "Memory of a node (MiB)", "Moved per request (MiB)"),
        strict=True,
    ):
        axes.set_ylabel(words)
    handles = {
        label: handle
        for axes in panels.flat
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    # One handle stands for a mark over all links: black, as each link has it in its own colour.
    for label in _MARKS:
        if label in handles:
            handles[label] = copy(handles[label])
            handles[label].set_color("black")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center",
                  ncols=max(2, len(models) - 1),
                  fontsize="small")  # fmt: skip
    figure.suptitle("Best plan for every number of parts\nlines predicted, small marks measured")
    return figure


def _draw_model(rows: Sequence[GranularityRow], column: Sequence[Axes]) -> None:
    latency, memory, traffic = column
    links = list(dict.fromkeys(row.link for row in rows))
    for place, link in enumerate(links):
        mine = [row for row in rows if row.link == link]
        _draw_line(latency, mine, place, lambda row: _scaled(row.predicted_s, 1e3))
        _draw_measured(latency, mine, place, lambda row: _scaled(row.measured_s, 1e3))
        _draw_line(memory, mine, place, lambda row: _scaled(row.peak_bytes, 2**-20))
        _draw_measured(memory, mine, place, lambda row: _scaled(row.measured_peak_bytes, 2**-20))
        _draw_line(traffic, mine, place, lambda row: _scaled(row.moved_bytes, 2**-20))
    parts = _by_parts([row for row in rows if row.link == links[0]])
    caps = [(row.wanted or 0, row.threshold_bytes / 2**20) for row in parts]
    if caps:
        words = "least cap with which a plan exists"
        memory.plot(*zip(*caps, strict=True), color="black", ls="--", lw=1, label=words)
    latency.set_yscale("log")
    latency.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    latency.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    latency.minorticks_off()
    for axes in column:
        axes.grid(visible=True, axis="y", alpha=0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (memory, traffic):
        # Whole marks at the top: a limit set at the bottom alone takes their margin away.
        axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
    traffic.set_xlabel("Number of parts")


def _draw_line(axes: Axes, rows: Sequence[GranularityRow], place: int, value: _Value) -> None:
    """Predicted best plans, with the quickest of them, one part, and the split by hand marked."""
    style, parts = style_of(place), _by_parts(rows)
    axes.plot([row.wanted for row in parts], [_or_gap(value(row)) for row in parts],
              color=style.colour, lw=1.3, label=f"best plan, {rows[0].link}")  # fmt: skip
    best = best_of(parts)
    single = [row for row in parts if row.wanted == 1 and value(row) is not None]
    hand = [row for row in rows if row.sweep is Sweep.HAND and value(row) is not None]
    for chosen, marker, size, words in (
        ([best] if best else [], "*", 13, _MARKS[0]),
        (single, "o", 11, _MARKS[1]),
        ([row for row in hand if row.fits], "s", 10, _MARKS[2]),
        ([row for row in hand if not row.fits], "X", 10, "split by hand, does not fit"),
    ):
        colour = GREY if marker == "X" else style.colour
        axes.plot([row.parts for row in chosen], [value(row) for row in chosen], marker, ms=size,
                  mfc="none", color=colour, ls="none",
                  label=words if chosen else None)  # fmt: skip


def _draw_measured(axes: Axes, rows: Sequence[GranularityRow], place: int, value: _Value) -> None:
    style = style_of(place)
    for by_hand, marker, words in (
        (False, style.marker, "measured"),
        (True, "x", "by hand, measured"),
    ):
        found = [
            (row.parts, value(row))
            for row in rows
            if value(row) is not None and (row.sweep is Sweep.HAND) is by_hand
        ]
        if found:
            axes.plot(*zip(*found, strict=True), marker=marker, ms=4.5, color=style.colour,
                      ls="none", label=f"{words}, {rows[0].link}")  # fmt: skip


def _by_parts(rows: Sequence[GranularityRow]) -> list[GranularityRow]:
    return sorted(
        (row for row in rows if row.sweep is Sweep.PARTS), key=lambda row: row.wanted or 0
    )


def _scaled(number: float | None, factor: float) -> float | None:
    return None if number is None else number * factor


def _or_gap(number: float | None) -> float:
    return nan if number is None else number


if __name__ == "__main__":
    draw_again(lambda folder: draw(rows_of(folder, GranularityRow)), Path(__file__).parent)
