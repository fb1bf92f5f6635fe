"""Draws latency against bandwidth, one panel per model and delay, from rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.again import draw_again
from experiments.bandwidth.summary import plan_in_words, quickest
from experiments.contest import OURS, ContestRow
from experiments.link_settings import setting_named
from experiments.rows import rows_of
from experiments.standings import Standing, standings
from planner.plotting.palette import BLUE, GREEN, GREY, ORANGE, VERMILION

Cells = dict[float, list[Standing]]
"""Everybody's plans by rate in bit/s, ascending."""


class _Look(NamedTuple):
    """How somebody's plans are drawn."""

    colour: str
    marker: str
    line: str = "-"
    width: float = 1.3
    size: float = 6
    face: str | None = None
    alpha: float = 1.0


# What is drawn later is smaller: equal plans have equal measurements.
_OURS = _Look(BLUE, "o", width=6, size=11, face="none", alpha=0.45)
_BY_NAME = {
    "all on device": _Look(ORANGE, "s", size=7),
    "all on server": _Look(VERMILION, "^", size=7),
}
_BEST, _WORST = _Look(GREEN, "D", size=3.5), _Look(GREY, "x")


def draw(folder: Path) -> Figure:
    """The panels of all models and delays of a folder's rows."""
    panels = panels_of(rows_of(folder, ContestRow))
    cases = list(dict.fromkeys(case for case, _ in panels))
    delays_s = sorted({delay_s for _, delay_s in panels})
    figure = Figure(figsize=(4.6 * len(cases), 3.9 * len(delays_s) + 0.5), layout="constrained")
    grid = figure.subplots(len(delays_s), len(cases), squeeze=False, sharex=True)
    for line, delay_s in zip(grid, delays_s, strict=True):
        for ax, case in zip(line, cases, strict=True):
            plot_panel(panels.get((case, delay_s), {}), ax)
            ax.set_title(f"{case}, {_delay_in_words(delay_s)}", fontsize="medium", pad=24)
        line[0].set_ylabel("end-to-end latency (ms)")
    for ax in grid[-1]:
        ax.set_xlabel("bandwidth of every link (Mbit/s)")
    columns = max(2 * len(cases) - 1, 2)
    figure.legend(handles=_handles(), loc="outside lower center", ncols=columns, fontsize="small")
    return figure


def panels_of(rows: Sequence[ContestRow]) -> dict[tuple[str, float], Cells]:
    """Everybody's plans by model and one-way delay in seconds, and then by rate."""
    panels: defaultdict[tuple[str, float], Cells] = defaultdict(dict)
    for standing in standings(rows):
        setting = setting_named(standing.link)
        cells = panels[standing.case, setting.delay_s]
        cells.setdefault(setting.rate_bit_per_s, []).append(standing)
    return {key: dict(sorted(cells.items())) for key, cells in panels.items()}


def plot_panel(cells: Cells, ax: Axes) -> None:
    """Lines are predicted, markers measured; plans that exceed a memory cap are dotted."""
    ours = _named(cells, OURS)
    _plot_plans(ours, ax, _OURS)
    for name, look in _BY_NAME.items():
        _plot_plans(_named(cells, name), ax, look)
    worst = _extremes(cells, max)
    _plot_plans(worst, ax, _WORST)
    # The quickest one when measured need not be the one that was predicted to be.
    _plot_plans(_extremes(cells, min), ax, _BEST, measured=_quickest(cells))
    _mark_choices(ours, ax)
    ax.set(xscale="log", yscale="log")
    ax.set_xticks([rate / 1e6 for rate in cells])
    ax.minorticks_off()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.grid(visible=True, alpha=0.3)


def _plot_plans(
    plans: Sequence[tuple[float, Standing]],
    ax: Axes,
    look: _Look,
    *,
    measured: Sequence[tuple[float, Standing]] | None = None,
) -> None:
    """One line per run of plans that fit, or that do not, and a marker for each one measured.

    Args:
        plans: those of the line, by rate.
        ax: to draw on.
        look: of line and markers.
        measured: those of the markers, if they are others.
    """
    for fits, run in groupby(plans, key=lambda plan: plan[1].fits):
        ax.plot(*_points(run), look.line if fits else ":", color=look.colour, lw=look.width,
                alpha=look.alpha, solid_capstyle="round", zorder=2)  # fmt: skip
    marked = [each for each in (plans if measured is None else measured) if each[1].fits]
    ax.plot(*_points(marked, measured=True), look.marker, color=look.colour, ms=look.size,
            mfc=look.face, mew=1.5, zorder=3)  # fmt: skip


def _mark_choices(ours: Sequence[tuple[float, Standing]], ax: Axes) -> None:
    """A line where our plan changes between two rates, and the plan above each part."""
    runs = [
        (words, [rate / 1e6 for rate, _ in run])
        for words, run in groupby(ours, key=lambda plan: _words(plan[1]))
    ]
    for (_, slow), (_, fast) in pairwise(runs):
        ax.axvline(sqrt(slow[-1] * fast[0]), color="black", lw=0.9, ls="--", zorder=1.5)
    for number, (words, rates) in enumerate(runs):
        # Neighbours alternate in height: a plan of one rate has little room.
        ax.annotate(words, (sqrt(rates[0] * rates[-1]), 1), (0, 3 + 9 * (number % 2)),
                    xycoords=("data", "axes fraction"), textcoords="offset points",
                    ha="center", fontsize=7)  # fmt: skip


def _handles() -> list[Line2D]:
    """Colours tell plans apart, strokes and markers what is known of them."""
    looks = {"our plan": _OURS, **_BY_NAME, "best of all rules": _BEST,
             "worst of all rules": _WORST}  # fmt: skip
    return [
        *(
            Line2D([], [], ls=look.line, marker=look.marker, color=look.colour, lw=look.width,
                   ms=look.size, mfc=look.face, mew=1.5, alpha=look.alpha, label=name)
            for name, look in looks.items()
        ),
        Line2D([], [], color="black", lw=1.3, label="line: predicted"),
        Line2D([], [], color="black", ls="", marker="o", mfc="none", label="marker: measured"),
        Line2D([], [], color="black", ls=":", lw=1.3, label="above a memory cap, predicted"),
        Line2D([], [], color="black", ls="--", lw=0.9, label="our plan changes between rates"),
    ]  # fmt: skip


def _named(cells: Cells, name: str) -> list[tuple[float, Standing]]:
    return [(rate, each) for rate, group in cells.items() for each in group if each.name == name]


def _extremes(cells: Cells, choose: Callable[..., Standing]) -> list[tuple[float, Standing]]:
    """By prediction, of all rules' plans that fit."""
    found = []
    for rate, group in cells.items():
        able = [each for each in group if each.fits and each.name != OURS]
        if able:
            found.append((rate, choose(able, key=lambda each: each.predicted_s)))
    return found


def _quickest(cells: Cells) -> list[tuple[float, Standing]]:
    """By measurement, of all rules' plans that fit, as the summary compares ours with it."""
    groups = {
        rate: quickest([each for each in group if each.name != OURS])
        for rate, group in cells.items()
    }
    return [(rate, best[0]) for rate, best in groups.items() if best]


def _points(
    plans: Iterable[tuple[float, Standing]], *, measured: bool = False
) -> tuple[list[float], list[float]]:
    """Rates in Mbit/s and latencies in ms."""
    seconds = [(rate, each.measured_s if measured else each.predicted_s) for rate, each in plans]
    known = [(rate / 1e6, value * 1e3) for rate, value in seconds if value is not None]
    return [rate for rate, _ in known], [value for _, value in known]


def _words(standing: Standing) -> str:
    return plan_in_words(standing.cuts, standing.nodes)


def _delay_in_words(delay_s: float) -> str:
    return f"{delay_s * 1e3:g} ms one way" if delay_s else "no added delay"


if __name__ == "__main__":
    draw_again(draw, Path(__file__).parent)
