"""Typed reach: the stages that would complete a plan if memory did not forbid them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.any_order.typed_table import TypedTable

_Bools = NDArray[np.bool_]


def missing_stages(tables: TypeTables, table: TypedTable) -> list[_Bools]:
    """For each type, the stages [start, stop) that nodes before and after could make a plan of.

    Args:
        tables: the problem.
        table: filled for the same problem.

    Returns:
        [B, B + 1] per type: for each start the nearest such stops; farther ones need no less.
    """
    n_types, n_blocks = tables.stops.shape
    found = [np.zeros((n_blocks, n_blocks + 1), dtype=bool) for _ in range(n_types)]
    linked = np.isfinite(tables.hop[0])
    ends: list[_Bools] = []
    for k, states in enumerate(table.states):
        starts = [_starts(tables, table, k, m, linked=linked, ends=ends) for m in range(n_types)]
        for m in range(n_types):
            onward = table.onward(k + 1, m, states[m] + table.stride[m])
            nearest = _next_finite(onward)
            row, start = np.nonzero(starts[m][:, :-1] & (nearest <= n_blocks))
            found[m][start, nearest[row, start]] = True
        ends = [_ends(starts[m], tables.stops[m]) for m in range(n_types)]
    return found


def _starts(
    tables: TypeTables, table: TypedTable, k: int, m: int, *, linked: _Bools, ends: list[_Bools]
) -> _Bools:
    """[states, B + 1]: whether a stage on the type can start there after k others."""
    states = table.states[k][m]
    starts = np.zeros((len(states), tables.n_blocks + 1), dtype=bool)
    if k == 0:
        starts[:, 0] = np.isfinite(tables.entry[m])
        return starts
    for t in np.flatnonzero(linked[:, m]).tolist():
        rows = np.flatnonzero(table.used[states, t] > 0)
        before = states[rows] - table.stride[t]
        starts[rows] |= ends[t][np.searchsorted(table.states[k - 1][t], before)]
    return starts


def _ends(starts: _Bools, stops: NDArray[np.int64]) -> _Bools:
    ends = np.zeros_like(starts)
    farthest = np.maximum.accumulate(np.where(starts[:, :-1], stops, 0), axis=1)
    ends[:, 1:] = farthest >= np.arange(1, starts.shape[1])
    return ends


def _next_finite(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each boundary but the last, the next later one that is finite; B + 1 if none is."""
    width = values.shape[1]
    places = np.where(np.isfinite(values), np.arange(width), width)
    return np.minimum.accumulate(places[:, :0:-1], axis=1)[:, ::-1]
