"""Link fit: does the model go through what was measured, and what is left over?

Above are the messages with the model's line, below how far each size's median and every single
message are from it. Messages on fresh connections are compared with the model of those.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from netmodel.probe_records import LinkFit
from netmodel.units import format_size
from planner.plotting.palette import BLUE, ORANGE, VERMILION

_POINTS = 200
"""Of a line, which bends between sizes on logarithmic scales."""

_LEAST_REACH, _MOST_REACH = 0.02, 1.0
"""Of the residuals' axis: nearer to the model than the one is as good as on it, and further than
the other no message can be early."""

_REACH_OVER_MEDIANS = 3


@dataclass(frozen=True)
class Messages:
    """The messages of one kind, warm or on fresh connections."""

    words: str
    n_bytes: tuple[int, ...]
    ms: tuple[float, ...]
    residual: tuple[float, ...]
    """Measured over modelled time, minus 1."""
    median_residual: tuple[tuple[int, float], ...]
    """Of each size, ascending."""
    line: tuple[tuple[float, float], ...]
    """Size and milliseconds of the model."""


@dataclass(frozen=True)
class FitTable:
    """What the plot shows."""

    model: str
    """`affine` or `piecewise`."""
    knots_bytes: tuple[int, ...]
    """Where the line bends; empty if it is straight."""
    rms_residual: float
    """Of the warm sizes' medians."""
    kinds: tuple[Messages, ...]
    """Warm ones first."""
    reach: float
    """How far the residuals' axis goes, up and down."""
    n_beyond: int
    """Messages beyond it."""
    n_medians_beyond: int


def fitted_messages(fit: LinkFit) -> FitTable:
    """What was measured, by kind, beside what the model says."""
    knots = getattr(fit.model, "knots", ())
    both = (_messages(fit, is_cold=is_cold) for is_cold in (False, True))
    kinds = tuple(messages for messages in both if messages.n_bytes)
    reach = _reach(kinds[0])
    medians = [value for messages in kinds for _, value in messages.median_residual]
    return FitTable(
        model=fit.model.model,
        knots_bytes=tuple(knot.n_bytes for knot in knots[1:-1]),
        rms_residual=fit.rms_residual,
        kinds=kinds,
        reach=reach,
        n_beyond=sum(abs(value) > reach for each in kinds for value in each.residual),
        n_medians_beyond=sum(abs(value) > reach for value in medians),
    )


def plot_link_fit(table: FitTable, figure: Figure) -> tuple[Axes, ...]:
    """Draws times over residuals, which share the size.

    Args:
        table: what to show.
        figure: an empty figure, best about 7 by 6 inches with the constrained layout.

    Returns:
        The axes from top to bottom.
    """
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for messages, colour, marker in zip(table.kinds, (BLUE, ORANGE), "os", strict=False):
        dots: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "none"}
        above.plot(
            messages.n_bytes, messages.ms, **dots, alpha=0.35, markersize=4, label=messages.words
        )
        modelled = f"model, {messages.words}"
        above.plot(*zip(*messages.line, strict=True), color=colour, linewidth=1.5, label=modelled)
        percent = [100 * value for value in messages.residual]
        below.plot(messages.n_bytes, percent, **dots, alpha=0.35, markersize=3)
        sizes, medians = zip(*messages.median_residual, strict=True)
        below.plot(
            sizes, [100 * value for value in medians], **dots, markersize=7,
            markeredgecolor="black", label=f"median, {messages.words}",
        )  # fmt: skip
    for axes in (above, below):
        for knot in table.knots_bytes:
            axes.axvline(knot, color=VERMILION, linestyle=":", linewidth=1)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="small")
    bends = ", ".join(format_size(knot) for knot in table.knots_bytes)
    form = f"{table.model}, which bends at {bends}" if bends else table.model
    above.set(xscale="log", yscale="log", ylabel="Time of a message, one way (ms)")
    above.set_title(f"{form}: {table.rms_residual:.1%} rms from the medians", fontsize="medium")
    below.axhline(0, color="black", linewidth=0.8)
    below.set_xlabel("Size of the message (B)")
    below.set_ylabel("Measured over modelled,\nminus 1 (%)")
    below.set_ylim(-100 * table.reach, 100 * table.reach)
    below.set_title(_beyond(table), fontsize="small")
    return above, below


def _messages(fit: LinkFit, *, is_cold: bool) -> Messages:
    chosen = [
        (sample.n_bytes, sample.seconds, residual)
        for sample, residual in zip(fit.samples, fit.residuals, strict=True)
        if sample.is_cold == is_cold
    ]
    by_size: defaultdict[int, list[float]] = defaultdict(list)
    for n_bytes, _, residual in chosen:
        by_size[n_bytes].append(residual)
    return Messages(
        words="on fresh connections" if is_cold else "on a warm connection",
        n_bytes=tuple(n_bytes for n_bytes, _, _ in chosen),
        ms=tuple(seconds * 1e3 for _, seconds, _ in chosen),
        residual=tuple(residual for _, _, residual in chosen),
        median_residual=tuple((size, median(by_size[size])) for size in sorted(by_size)),
        line=_line(fit, sorted(by_size), is_cold=is_cold),
    )


def _line(fit: LinkFit, sizes: list[int], *, is_cold: bool) -> tuple[tuple[float, float], ...]:
    if not sizes:
        return ()
    n_bytes = np.unique(np.geomspace(sizes[0], sizes[-1], _POINTS).round().astype(np.int64))
    cold_s = fit.model.cold_s(n_bytes) if is_cold else None
    seconds = fit.model.transfer_s(n_bytes) if cold_s is None else cold_s
    return tuple(zip(n_bytes.tolist(), (seconds * 1e3).tolist(), strict=True))


def _reach(warm: Messages) -> float:
    """Far enough for the medians of sizes, and for most messages if they scatter more.

    Late messages, of which a busy machine has many, and a model of fresh connections that is far
    off would flatten all others.
    """
    medians = [abs(value) for _, value in warm.median_residual]
    reach = _REACH_OVER_MEDIANS * max(*medians, median(map(abs, warm.residual)))
    return min(max(reach, _LEAST_REACH), _MOST_REACH)


def _beyond(table: FitTable) -> str:
    """What the residuals' axis leaves out; empty if that is nothing."""
    if not table.n_beyond:
        return ""
    words = [f"{table.n_beyond} of {sum(len(each.residual) for each in table.kinds)} messages"]
    if table.n_medians_beyond:
        n_medians = sum(len(each.median_residual) for each in table.kinds)
        words.append(f"{table.n_medians_beyond} of {n_medians} medians")
    return f"beyond this axis: {', '.join(words)}"
