"""Stage timeline of a run: when is which node or wire busy, as predicted and as measured?

One request from source to sink. The terms of a breakdown are laid end to end, so that the bars are
their lengths and a measured bar begins where the medians before it add up to; medians do not add up
to the median end-to-end latency, which has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import MismatchError
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import BLUE, ORANGE

_BAR = 0.36
_LIGHT = 0.35
_COLOURS = {"computing": BLUE, "on the wire": ORANGE}
_HATCHES = {"computing": "", "on the wire": "///"}


@dataclass(frozen=True)
class Span:
    """One term of a request."""

    lane: str
    """The node, or the direction of a link."""
    work: str
    """`computing` or `on the wire`."""
    start_ms: float
    length_ms: float


@dataclass(frozen=True)
class TimelineTable:
    """What the plot shows."""

    lanes: tuple[str, ...]
    """In the order in which the request comes to them first."""
    predicted: tuple[Span, ...]
    measured: tuple[Span, ...]
    """Empty without a measurement."""
    predicted_ms: float
    """End to end."""
    measured_ms: float | None
    """Median end to end; none without a measurement."""


def stage_timeline(predicted: Breakdown, measured: Breakdown | None = None) -> TimelineTable:
    """Lays the terms end to end.

    Raises:
        MismatchError: the two are not of one plan, or the plan needs a link that does not exist.
    """
    if not isfinite(predicted.latency_s):
        raise MismatchError("the plan needs a link that does not exist: it has no timeline")
    if measured is not None and _places(predicted) != _places(measured):
        raise MismatchError(
            f"predicted are {_words(predicted)}, but measured {_words(measured)}: "
            "give the run of this very plan"
        )
    spans = tuple(_spans(predicted))
    return TimelineTable(
        lanes=tuple(dict.fromkeys(span.lane for span in spans)),
        predicted=spans,
        measured=() if measured is None else tuple(_spans(measured)),
        predicted_ms=predicted.latency_s * 1e3,
        measured_ms=None if measured is None else measured.latency_s * 1e3,
    )


def plot_stage_timeline(table: TimelineTable, ax: Axes) -> None:
    """Draws a lane per node and per wire; best 7 inches wide and about 0.6 high for each lane."""
    last = max(table.predicted_ms, table.measured_ms or 0.0)
    offset = _BAR / 2 if table.measured else 0.0
    _draw_spans(table, ax, table.predicted, -offset)
    _draw_spans(table, ax, table.measured, offset)
    lines = [_draw_end(ax, table.predicted_ms, "predicted", "--")]
    if table.measured_ms is not None:
        lines.append(_draw_end(ax, table.measured_ms, "measured (median)", "-"))
    works = dict.fromkeys(span.work for span in table.predicted)
    origins = ("predicted", "measured") if table.measured else ("predicted",)
    legend_below(ax, [*(_box(work, origin) for work in works for origin in origins), *lines])
    ax.set_yticks(range(len(table.lanes)), table.lanes)
    ax.set_ylim(len(table.lanes) - 0.45, -0.55)
    ax.set_xlim(0, last * 1.12 or 1.0)
    ax.grid(visible=True, axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.set_xlabel("Time since the request arrived (ms)")
    above = ": predicted above, measured below" if table.measured else ", predicted"
    ax.set_title(f"One request through the stages{above}", fontsize="medium")


def _places(breakdown: Breakdown) -> list[tuple[tuple[str, ...], int, int]]:
    return [(stage.nodes, stage.start, stage.stop) for stage in breakdown.stages]


def _words(breakdown: Breakdown) -> str:
    return ", ".join(f"blocks {s.start} to {s.stop} on {s.node}" for s in breakdown.stages)


def _spans(breakdown: Breakdown) -> Iterator[Span]:
    now_ms = 0.0
    for term in _in_order(breakdown):
        if isinstance(term, StageTerm):
            length_ms = term.compute_s * 1e3
            yield Span(" or ".join(term.nodes), "computing", now_ms, length_ms)
        else:
            length_ms = term.transfer_s * 1e3
            if term.source != term.target:
                yield Span(f"{term.source} → {term.target}", "on the wire", now_ms, length_ms)
        now_ms += length_ms


def _in_order(breakdown: Breakdown) -> Iterator[StageTerm | HopTerm]:
    for hop, stage in zip(breakdown.hops, breakdown.stages, strict=False):
        yield hop
        yield stage
    yield breakdown.hops[-1]


def _draw_spans(table: TimelineTable, ax: Axes, spans: Sequence[Span], offset: float) -> None:
    origin = "measured" if spans is table.measured else "predicted"
    for span in spans:
        y = table.lanes.index(span.lane) + offset
        box = _box(span.work, origin)
        ax.barh(
            y, span.length_ms, _BAR, span.start_ms, facecolor=box.get_facecolor(),
            edgecolor=box.get_edgecolor(), hatch=box.get_hatch(), linewidth=0.8,
        )  # fmt: skip
        ax.annotate(
            f"{span.length_ms:.3g} ms", (span.start_ms + span.length_ms, y), (3, 0),
            textcoords="offset points", va="center", fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def _draw_end(ax: Axes, ms: float, origin: str, line: str) -> Line2D:
    return ax.axvline(
        ms, color="black", linestyle=line, linewidth=1.2, zorder=0.9,
        label=f"end to end, {origin}: {ms:.4g} ms",
    )  # fmt: skip


def _box(work: str, origin: str) -> Patch:
    """Predicted is light, measured full; the wire is hatched."""
    face = (_COLOURS[work], _LIGHT if origin == "predicted" else 1.0)
    return Patch(facecolor=face, edgecolor="0.2", hatch=_HATCHES[work], linewidth=0.8,
                 label=f"{work}, {origin}")  # fmt: skip
