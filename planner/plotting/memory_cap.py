"""Feasibility and latency against the memory cap: how little memory is enough, at what price?

Where the whole model fits no node any more, only a split runs at all; below the smallest cap that
holds, nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from planner.memory_sweep import MemoryRow
from planner.plotting.palette import BLUE, VERMILION, style_of
from planner.plotting.plan_panels import check_rows, draw_unproved
from planner.solution import Status

_HEADROOM = 1.12
"""Of the axis, in parts of the highest value: from 0, margins would be those of the range alone."""


@dataclass(frozen=True)
class CapPoint:
    """The best plan under one cap."""

    cap_mib: float
    latency_ms: float
    parts: int
    is_proved: bool = True
    """Whether no plan is better under this cap."""


@dataclass(frozen=True)
class CapTable:
    """What the plot shows."""

    points: tuple[CapPoint, ...]
    """In ascending cap; only those that fit."""
    does_not_fit_mib: tuple[float, ...]
    """Caps under which no plan holds all limits, ascending."""
    whole: tuple[CapPoint, ...]
    """The same for the model in one piece, if it was given."""
    threshold_mib: float | None
    """Smallest cap of the sweep that is enough; none if none is."""
    whole_threshold_mib: float | None
    """The same for the model in one piece."""
    objective: str = "latency"
    """That the plans were searched by."""
    not_found_mib: tuple[float, ...] = ()
    """Caps of which nobody knows whether a plan fits: the search ended before; ascending."""


def latency_against_cap(
    rows: Sequence[MemoryRow], whole_rows: Sequence[MemoryRow] = ()
) -> CapTable:
    """Picks the numbers to show.

    Args:
        rows: of a sweep over the memory cap.
        whole_rows: of the same sweep with at most one part.

    Raises:
        PlannerError: there are no rows.
    """
    check_rows(rows)
    points, whole = _points(rows), _points(whole_rows)
    return CapTable(
        points=points,
        does_not_fit_mib=_caps_with(rows, Status.INFEASIBLE),
        whole=whole,
        threshold_mib=points[0].cap_mib if points else None,
        whole_threshold_mib=whole[0].cap_mib if whole else None,
        objective=rows[0].objective,
        not_found_mib=_caps_with(rows, Status.UNKNOWN),
    )


def plot_latency_against_cap(table: CapTable, ax: Axes) -> None:
    """Draws latency over the cap, and where nothing fits; best about 7 by 4 inches."""
    if table.whole:
        ax.plot(
            [point.cap_mib for point in table.whole], [point.latency_ms for point in table.whole],
            color="0.55", linewidth=5, marker="o", markersize=11, drawstyle="steps-post",
            label="best single node", zorder=1.5,
        )  # fmt: skip
    ax.plot(
        [point.cap_mib for point in table.points],
        [point.latency_ms for point in table.points],
        color=BLUE,
        drawstyle="steps-post",
        zorder=2,
    )
    for parts in sorted({point.parts for point in table.points}):
        chosen = [point for point in table.points if point.parts == parts]
        style = style_of(parts - 1)
        ax.plot(
            [point.cap_mib for point in chosen], [point.latency_ms for point in chosen],
            color=style.colour, marker=style.marker, linestyle="none", zorder=3,
            label=f"best plan has {parts} part{'s' if parts > 1 else ''}",
        )  # fmt: skip
    doubtful = [point for point in table.points if not point.is_proved]
    draw_unproved(ax, [(point.cap_mib, point.latency_ms) for point in doubtful])
    _draw_misfit(table, ax)
    highest = max((point.latency_ms for point in (*table.points, *table.whole)), default=1.0)
    ax.set_ylim(0, _HEADROOM * highest)
    ax.grid(visible=True, axis="y", alpha=0.3)
    ax.set_xlabel("Memory cap of a node (MiB)")
    ax.set_ylabel("End-to-end latency, predicted (ms)")
    ax.set_title(f"Best plan by {table.objective} under every memory cap", fontsize="medium")
    ax.legend(fontsize="small", framealpha=1)


def _points(rows: Sequence[MemoryRow]) -> tuple[CapPoint, ...]:
    return tuple(
        CapPoint(row.cap_bytes / 2**20, row.latency_s * 1e3, len(row.nodes), row.is_proved)
        for row in sorted(rows, key=lambda row: row.cap_bytes)
        if row.latency_s is not None
    )


def _caps_with(rows: Sequence[MemoryRow], status: Status) -> tuple[float, ...]:
    return tuple(sorted(row.cap_bytes / 2**20 for row in rows if row.status is status))


def _draw_misfit(table: CapTable, ax: Axes) -> None:
    empty = [*table.does_not_fit_mib, *table.not_found_mib]
    caps = [*empty, *(point.cap_mib for point in table.points)]
    if not caps:
        return
    margin = 0.02 * (max(caps) - min(caps)) or 1.0
    left, right = min(caps) - margin, max(caps) + margin
    ax.set_xlim(left, right)
    too_small = [cap for cap in table.does_not_fit_mib if cap < (table.threshold_mib or right)]
    if too_small:
        # What lies between the last cap that fails and the first that is enough was not tried.
        ax.axvspan(
            left, too_small[-1], facecolor="0.93", edgecolor="0.7", hatch="//",
            label="no plan fits" if table.points else "no plan fits under any cap tried", zorder=1,
        )  # fmt: skip
    unknown = [cap for cap in table.not_found_mib if cap < (table.threshold_mib or right)]
    if unknown:
        ax.axvspan(
            too_small[-1] if too_small else left, unknown[-1], facecolor="0.97", edgecolor="0.7",
            hatch="..", label="no plan found in time", zorder=1,
        )  # fmt: skip
    for threshold, words, line in (
        (table.threshold_mib, "smallest tried that is enough", "--"),
        (table.whole_threshold_mib, "smallest tried for the whole model", ":"),
    ):
        if threshold is not None and threshold > min(caps):
            ax.axvline(
                threshold, color=VERMILION, linestyle=line, label=f"{words}: {threshold:.4g} MiB"
            )
