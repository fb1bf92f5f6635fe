"""Fixing: segments and boundaries that no plan better than the incumbent can use are left out.

Source: Beasley, Christofides, "An algorithm for the resource constrained shortest path problem",
Networks 19, 1989, section 4 (problem reduction by Lagrangian completion bounds).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.solvers.revisit.memory_prices import ROUNDING, constant, extra_prices
from planner.solvers.revisit.segment_recurrence import ExtraPrices, Potentials, backward, forward
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Completions:
    """Least priced value from every point to the sink, at given prices of the shared limits."""

    prices: _Floats
    """[rows]: per scale."""
    extra: ExtraPrices
    onward: Potentials
    worth: float
    """Of the limits, with a margin for rounding: what to subtract for a bound."""


def completions(tables: SegmentTables, limits: SharedLimits, prices: _Floats) -> Completions:
    """Looks from the sink at every point."""
    extra = extra_prices(limits, prices)
    onward = backward(tables, extra)
    size = abs(onward.total) if np.isfinite(onward.total) else 0.0
    size += float(prices @ np.abs(limits.limit / limits.scale))
    return Completions(prices, extra, onward, constant(limits, prices) + ROUNDING * size)


def without_the_hopeless(
    tables: SegmentTables, found: Completions, ceiling: float
) -> SegmentTables:
    """The tables without segments, and then boundaries, that only dearer plans use.

    Every plan of value below `ceiling` that holds the limits is still there.
    """
    if ceiling == np.inf:
        return tables
    origin, _ = forward(tables, found.extra)
    value = tables.value.copy()
    used = np.zeros(tables.n_places + 1, dtype=np.bool_)
    used[[0, -1]] = True
    for j in range(1, tables.n_places + 1):
        through = origin.start[:j].T + found.extra.segments(tables, j)
        through += found.onward.end[j][:, np.newaxis]
        alive = through - found.worth < ceiling
        value[j, :, :j][~alive] = np.inf
        used[:j] |= alive.any(axis=0)
        used[j] |= alive.any()
    return _at(replace(tables, value=value), np.flatnonzero(used))


def _at(tables: SegmentTables, places: NDArray[np.int64]) -> SegmentTables:
    if len(places) == len(tables.bounds):
        return tables
    nodes = np.arange(len(tables.entry))
    chosen = np.ix_(places, nodes, places[:-1])
    return replace(
        tables,
        bounds=tables.bounds[places],
        value=tables.value[chosen],
        n_bytes=tables.n_bytes[chosen],
        hop=tables.hop[places],
    )
