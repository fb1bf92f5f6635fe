"""Growth: the power of blocks or nodes with which the time for a plan grows, from the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.scaling.config import FIXED_BLOCKS, FIXED_NODES
from experiments.scaling.solve_times import ScalingRow
from planner.limits import Order
from profiler.record import Record

_LARGEST = 4
"""So many sizes show the growth without what every call takes."""
PLAIN = "plain"
ALONG = {"blocks": ("nodes", FIXED_NODES), "nodes": ("blocks", FIXED_BLOCKS)}
"""What grows, beside what stays and how many of that there are."""


class Growth(Record):
    """Time ~ size^slope, by least squares on the logarithms of sizes and of median CPU times."""

    order: Order
    along: str
    """blocks or nodes."""
    sizes: tuple[int, ...]
    """Of the rows that the slope comes from."""
    slope: float
    """Over all of them."""
    worst_factor: float
    """By how much the row farthest from the line is off it: 1 if none is."""
    slope_of_largest: float | None
    """Over the four largest sizes; none if there are no more than these."""
    methods: tuple[str, ...]
    """That solved them."""


def series(rows: Sequence[ScalingRow], order: Order, along: str) -> list[ScalingRow]:
    """The plain rows along one axis, in ascending size."""
    other, fixed = ALONG[along]
    chosen = [
        row
        for row in rows
        if row.order is order and row.style == PLAIN and getattr(row, other) == fixed
    ]
    return sorted(chosen, key=lambda row: int(getattr(row, along)))


def growth(rows: Sequence[ScalingRow], order: Order, along: str) -> Growth | None:
    """The growth along one axis; none if fewer than two sizes were measured."""
    chosen = series(rows, order, along)
    if len(chosen) < 2:
        return None
    sizes = np.log([getattr(row, along) for row in chosen])
    times = np.log([row.median_cpu_s for row in chosen])
    slope, start = np.polyfit(sizes, times, 1)
    farthest = np.abs(times - (slope * sizes + start)).max()
    largest = slice(-_LARGEST, None)
    return Growth(
        order=order,
        along=along,
        sizes=tuple(getattr(row, along) for row in chosen),
        slope=float(slope),
        worst_factor=float(np.exp(farthest)),
        slope_of_largest=(
            float(np.polyfit(sizes[largest], times[largest], 1)[0])
            if len(chosen) > _LARGEST
            else None
        ),
        methods=tuple(dict.fromkeys(row.method for row in chosen)),
    )
