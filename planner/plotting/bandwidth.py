"""Latency against bandwidth: which plan is best for which network, and where does that change?

The band is the best plan; every line is one plan kept whatever the bandwidth, thin and grey where
it is the best nowhere. A crossover is where the best plan changes: between two bandwidths of the
sweep it is where the lines of their two plans meet, which is exact for links whose time is affine
in the bytes. A third plan that is best only between the two is not seen: sweep in finer steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, nan
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, NullFormatter

from planner.bandwidth_sweep import BandwidthSweep, FixedPlan
from planner.plan_row import plan_words
from planner.plotting.palette import style_of
from planner.plotting.plan_panels import draw_unproved

_MBIT_PER_S = 1e6 / 8
_LEGEND_CHARACTERS = 40
_BAND_EDGE = withStroke(linewidth=11.5, foreground="0.35")
_LINE_EDGE = withStroke(linewidth=2.8, foreground="0.2")
"""Without edges, light colours are lost on the band, and the band on paper, when printed grey."""


@dataclass(frozen=True)
class PlanLine:
    """One plan at every bandwidth."""

    words: str
    """Nodes, with the block boundaries at which the model is cut between them."""
    fits: bool
    is_chosen: bool
    """Whether it is the best one somewhere."""
    latency_ms: tuple[float, ...]
    at_crossovers_ms: tuple[float, ...]
    """Where the best plan changes, as exact as these places are."""


@dataclass(frozen=True)
class Crossover:
    """Where the best plan changes."""

    mbit_per_s: float
    latency_ms: float
    below: str
    """The plan that is best on the slow side."""
    above: str


@dataclass(frozen=True)
class BandwidthTable:
    """What the plot shows."""

    mbit_per_s: tuple[float, ...]
    best_ms: tuple[float, ...]
    """Of the best plan; not a number where nothing fits."""
    chosen: tuple[str | None, ...]
    """The best plan in words; none where nothing fits."""
    lines: tuple[PlanLine, ...]
    """Only plans that can be run over the links."""
    crossovers: tuple[Crossover, ...]
    """None where plans were searched by another objective than what is drawn."""
    objective: str = "latency"
    """That the best plans were searched by."""
    unproved: tuple[int, ...] = ()
    """Places of bandwidths where the best plan found is not proved to be the best."""


def latency_against_bandwidth(sweep: BandwidthSweep) -> BandwidthTable:
    """Picks the numbers to show from a sweep over the bandwidth."""
    chosen = tuple(plan_words(row.nodes, row.cuts) if row.feasible else None for row in sweep.rows)
    plans = {plan_words(plan.nodes, plan.cuts): plan for plan in sweep.plans}
    objective = sweep.rows[0].objective
    meet = tuple(_crossovers(sweep, chosen, plans)) if objective == "latency" else ()
    return BandwidthTable(
        mbit_per_s=tuple(b / _MBIT_PER_S for b in sweep.bandwidths_bytes_per_s),
        best_ms=tuple(nan if row.latency_s is None else row.latency_s * 1e3 for row in sweep.rows),
        chosen=chosen,
        lines=tuple(
            PlanLine(
                words,
                plan.fits,
                words in chosen,
                tuple(s * 1e3 for s in plan.latency_s),
                _at_crossovers_ms(sweep, plan, meet),
            )
            for words, plan in plans.items()
            if all(map(isfinite, plan.latency_s))
        ),
        crossovers=meet,
        objective=objective,
        unproved=tuple(i for i, row in enumerate(sweep.rows) if row.feasible and not row.is_proved),
    )


def plot_latency_against_bandwidth(table: BandwidthTable, ax: Axes) -> None:
    """Draws latency over bandwidth, both logarithmic; best about 7 by 5 inches."""
    best_ms = [crossover.latency_ms for crossover in table.crossovers]
    x, y, _ = _bent(table, table.best_ms, best_ms)
    ax.plot(
        x, y, color="0.85", linewidth=9, solid_capstyle="round", path_effects=[_BAND_EDGE],
        label="best plan that fits", zorder=1,
    )  # fmt: skip
    chosen = [line for line in table.lines if line.is_chosen]
    for index, line in enumerate(chosen):
        x, y, sampled = _bent(table, line.latency_ms, line.at_crossovers_ms)
        style = style_of(index)
        ax.plot(
            x, y, color=style.colour, marker=style.marker, markersize=6, markevery=sampled,
            linestyle=style.line, linewidth=1.6, path_effects=[_LINE_EDGE], label=line.words,
            zorder=2,
        )  # fmt: skip
    nowhere = [line for line in table.lines if not line.is_chosen]
    for index, line in enumerate(nowhere):
        x, y, _ = _bent(table, line.latency_ms, line.at_crossovers_ms)
        words = _nowhere_words(nowhere) if index == 0 else None
        ax.plot(x, y, color="0.45", linewidth=0.9, linestyle=":", label=words, zorder=1.8)
    draw_unproved(ax, [(table.mbit_per_s[i], table.best_ms[i]) for i in table.unproved])
    for index, crossover in enumerate(table.crossovers):
        ax.axvline(
            crossover.mbit_per_s, color="black", linewidth=0.9, linestyle="--", zorder=1.5,
            label="best plan changes" if index == 0 else None,
        )  # fmt: skip
        ax.annotate(
            f"{crossover.mbit_per_s:.3g} Mbit/s", (crossover.mbit_per_s, 1), (2, -3),
            xycoords=("data", "axes fraction"), textcoords="offset points", rotation=90,
            va="top", fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_yscale("log")
    _limit(table, ax)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.grid(visible=True, alpha=0.3)
    ax.set_xlabel("Bandwidth of every link (Mbit/s)")
    ax.set_ylabel("End-to-end latency, predicted (ms)")
    ax.set_title(
        f"Best plan by {table.objective} for every bandwidth; |n| is a cut before block n",
        fontsize="medium",
    )
    ax.legend(fontsize="small")


def _bent(
    table: BandwidthTable, sampled_ms: Sequence[float], at_crossovers_ms: Sequence[float]
) -> tuple[list[float], list[float], list[int]]:
    """A line through the sweep's bandwidths and the crossovers, and the places of the former."""
    points = [(x, y, True) for x, y in zip(table.mbit_per_s, sampled_ms, strict=True)]
    points += [
        (crossover.mbit_per_s, y, False)
        for crossover, y in zip(table.crossovers, at_crossovers_ms, strict=True)
    ]
    points.sort(key=lambda point: point[0])
    sampled = [place for place, (_, _, is_sampled) in enumerate(points) if is_sampled]
    return [x for x, _, _ in points], [y for _, y, _ in points], sampled


def _limit(table: BandwidthTable, ax: Axes) -> None:
    """Leaves out what is many times above the best plan: there nobody would keep it.

    What is below it is seen: plans that do not fit, and those that another objective passes over.
    """
    best = [ms for ms in table.best_ms if isfinite(ms)]
    if best:
        drawn = [ms for line in table.lines for ms in line.latency_ms]
        ax.set_ylim(min(best + drawn) * 0.8, max(best) * 2.5)


def _nowhere_words(lines: Sequence[PlanLine]) -> str:
    """All in one, as they lie above each other at the right: they have one look."""
    if len(lines) == 1:
        return f"{lines[0].words} ({'never best' if lines[0].fits else 'does not fit'})"
    slow_first = sorted(lines, key=lambda line: -line.latency_ms[-1])
    named = (line.words + ("" if line.fits else " (does not fit)") for line in slow_first)
    words = f"never best, from above at the right: {', '.join(named)}"
    return fill(words, _LEGEND_CHARACTERS, break_on_hyphens=False)


def _at_crossovers_ms(
    sweep: BandwidthSweep, plan: FixedPlan, crossovers: Sequence[Crossover]
) -> tuple[float, ...]:
    """What a plan takes there: its line is straight in 1/β between two bandwidths of the sweep."""
    places = [1 / (crossover.mbit_per_s * _MBIT_PER_S) for crossover in crossovers]
    inverse = [1 / bandwidth for bandwidth in reversed(sweep.bandwidths_bytes_per_s)]
    return tuple((1e3 * np.interp(places, inverse, plan.latency_s[::-1])).tolist())


def _crossovers(
    sweep: BandwidthSweep, chosen: tuple[str | None, ...], plans: dict[str, FixedPlan]
) -> Iterator[Crossover]:
    """Where lines meet between neighbouring bandwidths with different plans.

    Over one bandwidth β, latency is a + b/β, so the lines are straight in 1/β.
    """
    for i, (below, above) in enumerate(pairwise(chosen)):
        if below is None or above is None or below == above:
            continue
        slow, fast = plans[below].latency_s, plans[above].latency_s
        lead, lag = fast[i] - slow[i], slow[i + 1] - fast[i + 1]
        share = min(max(lead / (lead + lag), 0.0), 1.0) if lead + lag > 0 else 0.0
        first, second = (1 / b for b in sweep.bandwidths_bytes_per_s[i : i + 2])
        latency_s = slow[i] + share * (slow[i + 1] - slow[i])
        inverse = first + share * (second - first)
        yield Crossover(1 / inverse / _MBIT_PER_S, latency_s * 1e3, below, above)
