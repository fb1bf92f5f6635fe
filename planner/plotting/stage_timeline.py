"""Stage timeline of a run: when is which node or wire busy, as predicted and as measured?

One request from source to sink. The terms of a breakdown are laid end to end, so that the bars are
their lengths and a measured bar begins where the medians before it add up to; medians do not add up
to the median end-to-end latency, which has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from netmodel.units import format_duration
from planner.breakdown import Breakdown, StageTerm
from planner.errors import MismatchError
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import BLUE, ORANGE
from planner.timeline import Span, Track, lay_out

_BAR = 0.36
_LIGHT = 0.35
_COLOURS = {"computing": BLUE, "on the wire": ORANGE}
_HATCHES = {"computing": "", "on the wire": "///"}


@dataclass(frozen=True)
class Bar:
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
    predicted: tuple[Bar, ...]
    measured: tuple[Bar, ...]
    """Empty without a measurement."""
    predicted_ms: float
    """End to end."""
    measured_ms: float | None
    """Median end to end; none without a measurement."""


def stage_timeline(predicted: Breakdown, measured: Breakdown | None = None) -> TimelineTable:
    """Lays the terms end to end.

    Raises:
        MismatchError: the two are not of one plan.
        PlannerError: the plan needs a link that does not exist.
    """
    if measured is not None and _places(predicted) != _places(measured):
        raise MismatchError(
            f"predicted are {_words(predicted)}, but measured {_words(measured)}: "
            "give the run of this very plan"
        )
    spans = lay_out(predicted)
    lanes = _lanes(spans)
    return TimelineTable(
        lanes=tuple(lanes.values()),
        predicted=tuple(_bars(spans, lanes)),
        measured=() if measured is None else tuple(_bars(lay_out(measured), lanes)),
        predicted_ms=predicted.latency_s * 1e3,
        measured_ms=None if measured is None else measured.latency_s * 1e3,
    )


def plot_stage_timeline(table: TimelineTable, ax: Axes, *, legend_columns: int = 2) -> None:
    """Draws a lane per node and per wire; best 7 inches wide and about 0.6 high for each lane.

    Args:
        table: what to show.
        ax: empty axes of a figure with the constrained layout.
        legend_columns: two need the 7 inches, one needs less.
    """
    last = max(table.predicted_ms, table.measured_ms or 0.0)
    offset = _BAR / 2 if table.measured else 0.0
    _draw_bars(table, ax, table.predicted, -offset)
    _draw_bars(table, ax, table.measured, offset)
    lines = [_draw_end(ax, table.predicted_ms, "predicted", "--")]
    if table.measured_ms is not None:
        lines.append(_draw_end(ax, table.measured_ms, "measured (median)", "-"))
    works = dict.fromkeys(bar.work for bar in table.predicted)
    origins = ("predicted", "measured") if table.measured else ("predicted",)
    boxes = (_box(work, origin) for work in works for origin in origins)
    legend_below(ax, [*boxes, *lines], columns=legend_columns)
    ax.set_yticks(range(len(table.lanes)), table.lanes)
    ax.set_ylim(len(table.lanes) - 0.45, -0.55)
    ax.set_xlim(0, last * 1.18 or 1.0)
    ax.grid(visible=True, axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.set_xlabel("Time since the request arrived (ms)")
    above = ": predicted above, measured below" if table.measured else ", predicted"
    ax.set_title(f"One request{above}", fontsize="medium")


def _places(breakdown: Breakdown) -> list[tuple[str, int, int]]:
    """Of several equal nodes that take turns, the first: a run has no other."""
    return [(stage.node, stage.start, stage.stop) for stage in breakdown.stages]


def _words(breakdown: Breakdown) -> str:
    return ", ".join(f"blocks {s.start} to {s.stop} on {s.node}" for s in breakdown.stages)


def _bars(spans: Sequence[Span], lane_of: Mapping[Track, str]) -> Iterator[Bar]:
    """Time that passes between two stages on one node has no bar."""
    for span in spans:
        is_stage = isinstance(span.term, StageTerm)
        if is_stage or span.track.target is not None:
            work = "computing" if is_stage else "on the wire"
            start_ms, length_ms = span.start_s * 1e3, span.length_s * 1e3
            yield Bar(lane_of[span.track], work, start_ms, length_ms)


def _lanes(spans: Sequence[Span]) -> dict[Track, str]:
    """Names of the tracks; nodes that take turns share one."""
    names: dict[Track, str] = {}
    for span in spans:
        term = span.term
        if isinstance(term, StageTerm):
            names.setdefault(span.track, " or ".join(term.nodes))
        elif span.track.target is not None:
            names.setdefault(span.track, span.track.name)
    return names


def _draw_bars(table: TimelineTable, ax: Axes, bars: Sequence[Bar], offset: float) -> None:
    origin = "measured" if bars is table.measured else "predicted"
    for bar in bars:
        y = table.lanes.index(bar.lane) + offset
        box = _box(bar.work, origin)
        ax.barh(
            y, bar.length_ms, _BAR, bar.start_ms, facecolor=box.get_facecolor(),
            edgecolor=box.get_edgecolor(), hatch=box.get_hatch(), linewidth=0.8,
        )  # fmt: skip
        ax.annotate(
            format_duration(bar.length_ms / 1e3), (bar.start_ms + bar.length_ms, y), (3, 0),
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
