"""The segment program: one unit of flow from source to sink, with a row for every shared limit.

Every segment [i, j) on a node is a variable, and so is every hop between two nodes at a boundary;
only the segments have to be whole numbers. Its linear relaxation is as strong as the best prices
on memory.

Source: Ahuja, Magnanti, Orlin, "Network Flows", 1993, chapter 16 (constrained shortest paths);
solved by HiGHS: Huangfu, Hall, "Parallelizing the dual revised simplex method", Mathematical
Programming Computation 10, 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, vstack

from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.segment_flow import SegmentFlow, segment_flow, shared_rows
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

MOST_VARIABLES = 20_000
VARIABLES_PER_S = 2_000
"""Larger programs, by themselves or for the time left, may overrun: HiGHS looks at the clock too
seldom within its heuristics."""
TOLERANCE = 1e-6
"""HiGHS's own, of bounds and rows; taken off the bound, relative to its size."""
_MOST_NODES = 2_000
_COVER_ROUNDS = 10
_LEAST_TIME_S = 1.0


@dataclass(frozen=True)
class ProgramAnswer:
    """What the program says."""

    chains: tuple[Chain, ...]
    """Found on the way; the last one is the best, and rows may be broken by the tolerance."""
    bound: float
    """No walk over the tables' segments is below it; infinite if there is none."""
    is_closed: bool
    """Whether the last chain is proved to be best, within the tolerance."""


def n_variables(tables: SegmentTables) -> int:
    """Of the program over the tables' segments, without those of its hops."""
    return int(np.isfinite(tables.value).sum())


def solve_program(
    tables: SegmentTables, limits: SharedLimits, budget: Budget, *, scale: float
) -> ProgramAnswer:
    """The best walk that holds the limits, or a bound when nodes or time run out.

    Args:
        tables: the segments to choose from, some finite.
        limits: rows to hold.
        budget: left to HiGHS, with a margin.
        scale: about the size of the best value.
    """
    flow = segment_flow(tables)
    equal, right = flow.rows()
    shared = shared_rows(flow, limits)
    scale = scale if 0 < scale < inf else max(float(flow.costs().max()), 1.0)
    upper = limits.limit / limits.scale
    chains: list[Chain] = []
    bound = -inf
    for _ in range(_COVER_ROUNDS):
        if budget.left_s < _LEAST_TIME_S:
            break
        result = milp(
            flow.costs() / scale,
            integrality=np.arange(flow.n_variables) < len(flow.segments[0]),
            bounds=Bounds(0, 1),
            constraints=[
                LinearConstraint(equal.tocsr(), right, right),
                LinearConstraint(shared.tocsr(), -np.inf, upper),
            ],
            options=_options(budget),
        )
        if result.status == 2:
            return ProgramAnswer(tuple(chains), inf, is_closed=True)
        if result.mip_dual_bound is not None and isfinite(result.mip_dual_bound):
            bound = max(bound, (result.mip_dual_bound - TOLERANCE) * scale)
        if result.x is None:
            break
        chains.append(flow.chain(result.x))
        if limits.holds(chains[-1]):
            return ProgramAnswer(tuple(chains), bound, is_closed=result.status == 0)
        cover = cover_rows(flow, result.x, limits.excess(chains[-1]))
        shared = vstack([shared, cover[0]])
        upper = np.concatenate((upper, cover[1]))
    return ProgramAnswer(tuple(chains), bound, is_closed=False)


def _options(budget: Budget) -> dict[str, object]:
    options: dict[str, object] = {"mip_rel_gap": TOLERANCE, "node_limit": _MOST_NODES}
    if budget.left_s < inf:
        options["time_limit"] = 0.8 * budget.left_s - 0.2
    return options


def cover_rows(flow: SegmentFlow, x: _Floats, excess: _Floats) -> tuple[coo_array, _Floats]:
    """Rows that forbid the segments which together break a cap by less than the tolerance."""
    n_segments = len(flow.segments[0])
    taken = np.flatnonzero(x[:n_segments] > 0.5)
    broken = [n for n in np.flatnonzero(excess > 0) if n < len(flow.tables.entry)]
    row, column, most = [], [], []
    for index, n in enumerate(broken):
        mine = taken[flow.segments[1][taken] == n]
        row.extend([index] * len(mine))
        column.extend(mine.tolist())
        most.append(len(mine) - 1)
    shape = (len(broken), flow.n_variables)
    cover = coo_array((np.ones(len(row)), (np.array(row), np.array(column))), shape=shape)
    return cover, np.array(most, dtype=np.float64)
