"""Stage timeline of a run: when is which node or wire busy, as predicted and as measured?

One request from source to sink. The terms of a breakdown are laid end to end, so that the bars are
their lengths and a measured bar begins where the medians before it add up to; medians do not add up
to the median end-to-end latency, which has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from netmodel.units import format_duration
from planner.breakdown import Breakdown, StageTerm
from planner.errors import MismatchError
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import BLUE, GREEN, ORANGE
from planner.plotting.short_names import short_names
from planner.timeline import Span, Track, lay_out

_BAR = 0.36
_LIGHT = 0.35
_COMPUTING, _ON_WIRE, _HANDED_ON = "computing", "on the wire", "within one node"
_COLOURS = {_COMPUTING: BLUE, _ON_WIRE: ORANGE, _HANDED_ON: GREEN}
_HATCHES = {_COMPUTING: "", _ON_WIRE: "///", _HANDED_ON: "..."}
_LANE_CHARACTERS = 22
_CHARACTER_IN, _MARGIN_IN = 0.075, 0.12
"""Of small text, at most, and around it: what room a length needs beside its bar."""
_ASIDE_PT = {"left": 3, "right": -3, "center": 0}
_HAIR = 1e-6
"""Of a width: this far, what touches does not cover."""
_RANGE = 1.18
"""Of the time axis, over the last end: room for words behind it."""
_NO_SUM = " (a median, as bars are, which need not add up to it)"


@dataclass(frozen=True)
class Bar:
    """One term of a request."""

    lane: str
    """The node, or the direction of a link."""
    work: str
    """`computing`, `on the wire`, or `within one node`: inputs, outputs and what stages hand on."""
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


def plot_stage_timeline(table: TimelineTable, ax: Axes) -> None:
    """Draws a lane per node and per wire; best 7 inches wide and about 0.6 high for each lane.

    The axes' figure needs the constrained layout.
    """
    offset = _BAR / 2 if table.measured else 0.0
    _draw_bars(table, ax, table.predicted, -offset)
    _draw_bars(table, ax, table.measured, offset)
    lines = [_draw_end(ax, table.predicted_ms, "predicted", "--")]
    if table.measured_ms is not None:
        lines.append(_draw_end(ax, table.measured_ms, "measured", "-", _NO_SUM))
    works = dict.fromkeys(bar.work for bar in (*table.predicted, *table.measured))
    drawn = {"predicted": table.predicted, "measured": table.measured}
    boxes = (
        _box(work, origin)
        for work in works
        for origin, bars in drawn.items()
        if any(bar.work == work for bar in bars)
    )
    legend_below(ax, [*boxes, *lines])
    lanes = [_in_lines(lane) for lane in table.lanes]
    ax.set_yticks(range(len(lanes)), lanes, fontsize="small")
    ax.set_ylim(len(table.lanes) - 0.45, -0.55)
    ax.set_xlim(0, _range_ms(table))
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
    for span in spans:
        if isinstance(span.term, StageTerm):
            work = _COMPUTING
        else:
            work = _HANDED_ON if span.track.target is None else _ON_WIRE
        yield Bar(lane_of[span.track], work, span.start_s * 1e3, span.length_s * 1e3)


def _lanes(spans: Sequence[Span]) -> dict[Track, str]:
    """Names of the tracks, shortened; nodes that take turns share one."""
    ends = {end for span in spans for end in span.track if end is not None}
    nodes = (node for span in spans if isinstance(span.term, StageTerm) for node in span.term.nodes)
    short = short_names({*ends, *nodes})
    names: dict[Track, str] = {}
    for span in spans:
        source, target = span.track
        track = Track(short[source], None if target is None else short[target])
        names.setdefault(span.track, track.name)
    for span in spans:
        if isinstance(span.term, StageTerm):
            names[span.track] = _in_turn([short[node] for node in span.term.nodes])
    return names


def _in_turn(nodes: Sequence[str]) -> str:
    return " or ".join(nodes) if len(nodes) < 3 else f"{nodes[0]} or {len(nodes) - 1} more"


def _in_lines(lane: str) -> str:
    return fill(lane, _LANE_CHARACTERS, break_on_hyphens=False)


def _range_ms(table: TimelineTable) -> float:
    return _RANGE * max(table.predicted_ms, table.measured_ms or 0.0) or 1.0


def _draw_bars(table: TimelineTable, ax: Axes, bars: Sequence[Bar], offset: float) -> None:
    origin = "measured" if bars is table.measured else "predicted"
    for bar in bars:
        y = table.lanes.index(bar.lane) + offset
        box = _box(bar.work, origin)
        ax.barh(
            y, bar.length_ms, _BAR, bar.start_ms, facecolor=box.get_facecolor(),
            edgecolor=box.get_edgecolor(), hatch=box.get_hatch(), linewidth=0.8,
        )  # fmt: skip
        if bar.work != _HANDED_ON:
            words = format_duration(bar.length_ms / 1e3)
            lane = [other for other in bars if other.lane == bar.lane]
            x, side = _free_place(bar, _width_ms(words, table, ax), table, lane)
            ax.annotate(
                words, (x, y), (_ASIDE_PT[side], 0), textcoords="offset points",
                ha=side, va="center", fontsize="small",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip


def _width_ms(words: str, table: TimelineTable, ax: Axes) -> float:
    """Of the words beside a bar, on the time axis; rather too much, as there is no layout yet."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    longest = max(len(line) for lane in table.lanes for line in _in_lines(lane).splitlines())
    room_in = ax.get_window_extent().width / figure.dpi - _CHARACTER_IN * longest
    share = (_CHARACTER_IN * len(words) + _MARGIN_IN) / max(room_in, 1.0)
    return share * _range_ms(table)


def _free_place(
    bar: Bar, width_ms: float, table: TimelineTable, lane: Sequence[Bar]
) -> tuple[float, str]:
    """Where words hide neither a line that ends the request nor a bar of their lane.

    Returns:
        The place on the time axis, and which side of the words is there.
    """
    start, stop = bar.start_ms, bar.start_ms + bar.length_ms
    ends = [ms for ms in (table.predicted_ms, table.measured_ms) if ms is not None]
    for x, side in ((stop, "left"), (start, "right"), (max(ends), "left"), (min(ends), "right")):
        low = (x if side == "left" else x - width_ms) + _HAIR * width_ms  # sums are rounded
        high = low + (1 - 2 * _HAIR) * width_ms
        is_inside = low >= 0 and high <= _range_ms(table)
        crosses = any(low < end < high for end in ends)
        hides = any(o.start_ms < high and low < o.start_ms + o.length_ms for o in lane)
        if is_inside and not crosses and not hides:
            return x, side
    return (start + stop) / 2, "center"


def _draw_end(ax: Axes, ms: float, origin: str, line: str, note: str = "") -> Line2D:
    return ax.axvline(
        ms, color="black", linestyle=line, linewidth=1.2, zorder=0.9,
        label=f"end to end, {origin}: {ms:.4g} ms{note}",
    )  # fmt: skip


def _box(work: str, origin: str) -> Patch:
    """Predicted is light, measured full; the wire is hatched."""
    face = (_COLOURS[work], _LIGHT if origin == "predicted" else 1.0)
    return Patch(facecolor=face, edgecolor="0.2", hatch=_HATCHES[work], linewidth=0.8,
                 label=f"{work}, {origin}")  # fmt: skip
