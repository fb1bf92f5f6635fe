"""Parts of the best plan over bandwidth and memory: where does which granularity pay?

To the left the network is slow, and cuts are dear; below memory is short, and few parts cannot hold
the model. The best number of parts is written into every field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from netmodel.units import format_bandwidth, format_size
from planner.bandwidth_sweep import BandwidthSweep
from planner.errors import MismatchError, PlannerError
from planner.solution import Status

_SHADES = ("#FFFFFF", "#D6E6F2", "#A9CCE3", "#7FB3D5", "#5499C7", "#2E86C1")
"""Light enough for black words; more parts than shades share the last one."""
_NOTES: dict[int | Status, str] = {
    Status.INFEASIBLE: "– where nothing fits",
    Status.UNKNOWN: "? where no plan was found in the time",
}
"""Of what has no number: a mark, and what it means."""


@dataclass(frozen=True)
class PartsTable:
    """What the plot shows."""

    bandwidths_bytes_per_s: tuple[float, ...]
    """Of the columns, ascending."""
    caps_bytes: tuple[int, ...]
    """Of the rows, ascending."""
    parts: tuple[tuple[int | Status, ...], ...]
    """Of the best plan, by row; why there is none where there is none."""


def parts_by_bandwidth_and_cap(sweeps: Mapping[int, BandwidthSweep]) -> PartsTable:
    """Counts the parts of every best plan.

    Args:
        sweeps: over the same bandwidths, by the cap in bytes under which they were made.

    Raises:
        PlannerError: there are none.
        MismatchError: they are over different bandwidths.
    """
    if not sweeps:
        raise PlannerError("there is no cap to draw: sweep at least one")
    columns = {sweep.bandwidths_bytes_per_s for sweep in sweeps.values()}
    if len(columns) > 1:
        raise MismatchError("the sweeps are over different bandwidths: sweep the same for all caps")
    return PartsTable(
        bandwidths_bytes_per_s=columns.pop(),
        caps_bytes=tuple(sorted(sweeps)),
        parts=tuple(
            tuple(len(row.nodes) if row.feasible else row.status for row in sweeps[cap].rows)
            for cap in sorted(sweeps)
        ),
    )


def plot_parts_map(table: PartsTable, ax: Axes) -> None:
    """Draws a field per bandwidth and cap; best about 0.9 by 0.45 inches each."""
    numbers = np.array([[np.nan if n in _NOTES else n for n in row] for row in table.parts])
    ax.set_facecolor("0.85")
    ax.pcolormesh(
        np.ma.masked_invalid(numbers), cmap=ListedColormap(_SHADES), vmin=0.5,
        vmax=len(_SHADES) + 0.5, edgecolors="0.5", linewidth=0.5,
    )  # fmt: skip
    for y, row in enumerate(table.parts):
        for x, n in enumerate(row):
            words = _NOTES[n][0] if n in _NOTES else str(n)
            ax.text(x + 0.5, y + 0.5, words, ha="center", va="center")
    rates = [format_bandwidth(rate) for rate in table.bandwidths_bytes_per_s]
    ax.set_xticks(np.arange(len(rates)) + 0.5, rates, rotation=30, ha="right")
    ax.set_yticks(np.arange(len(table.caps_bytes)) + 0.5, map(format_size, table.caps_bytes))
    ax.set_xlabel("Bandwidth of every link")
    ax.set_ylabel("Memory cap of every node")
    shown = {n for row in table.parts for n in row}
    notes = [note for status, note in _NOTES.items() if status in shown]
    ax.set_title("; ".join(["Parts of the best plan", *notes]), fontsize="medium")
