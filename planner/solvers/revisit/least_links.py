"""The fewest links, each added once, with which some walk over the segments holds the caps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack, vstack

from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.revisit.segment_flow import SegmentFlow, segment_flow, shared_rows
from planner.solvers.revisit.segment_program import cover_rows
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits
from planner.solvers.shortfall import unlinked_hops

_Ints = NDArray[np.int64]

_MOST_NODES = 2_000
_COVER_ROUNDS = 10
_LEAST_TIME_S = 1.0
_MOST_TIME_S = 10.0


@dataclass(frozen=True)
class LeastLinks:
    """What came of the search."""

    links: tuple[tuple[str, str], ...] = ()
    """With these, and the caps as they are, some walk fits; empty if none was found."""
    is_impossible: bool = False
    """No walk over the given segments fits even if all nodes were linked."""


def as_if_linked(tables: SegmentTables) -> SegmentTables:
    """The same segments where every link is there and nothing has a price."""
    hop = np.zeros_like(tables.hop)
    nodes = np.arange(hop.shape[1])
    hop[:, nodes, nodes] = np.inf
    nothing = np.zeros_like(tables.entry)
    value = np.where(np.isfinite(tables.value), 0.0, np.inf)
    return replace(tables, value=value, entry=nothing, exit=nothing, hop=hop)


def least_links(
    problem: Problem, tables: SegmentTables, limits: SharedLimits, budget: Budget
) -> LeastLinks:
    """The segment program with one more variable for each missing link, which alone has a price.

    Args:
        problem: its links.
        tables: the segments that fit their nodes, as `as_if_linked` has them.
        limits: rows to hold.
        budget: left to HiGHS, with a margin.
    """
    flow = segment_flow(tables)
    if not len(flow.segments[0]):
        return LeastLinks(is_impossible=True)
    equal, right = flow.rows()
    links, used, paid = _payments(problem, flow)
    shared, upper = shared_rows(flow, limits), limits.limit / limits.scale
    count = flow.n_variables + links
    for _ in range(_COVER_ROUNDS):
        if budget.left_s < _LEAST_TIME_S:
            break
        result = milp(
            (np.arange(count) >= flow.n_variables).astype(np.float64),
            integrality=(np.arange(count) < len(flow.segments[0]))
            | (np.arange(count) >= flow.n_variables),
            bounds=Bounds(0, 1),
            constraints=[
                LinearConstraint(_wider(equal, links), right, right),
                LinearConstraint(_wider(shared, links), -np.inf, upper),
                LinearConstraint(hstack([used, paid]).tocsr(), -np.inf, 0.0),
            ],
            options={
                "time_limit": min(0.8 * budget.left_s, _MOST_TIME_S),
                "node_limit": _MOST_NODES,
            },
        )
        if result.status == 2:
            return LeastLinks(is_impossible=True)
        if result.x is None:
            break
        chain = flow.chain(result.x)
        if limits.holds(chain):
            return LeastLinks(unlinked_hops(problem, chain.nodes))
        cover, most = cover_rows(flow, result.x, limits.excess(chain))
        shared, upper = vstack([shared, cover]), np.concatenate((upper, most))
    return LeastLinks()


def _wider(rows: coo_array, n_columns: int) -> object:
    return hstack([rows, coo_array((rows.shape[0], n_columns))]).tocsr()


def _payments(problem: Problem, flow: SegmentFlow) -> tuple[int, coo_array, coo_array]:
    """Rows `flow over a missing link <= that link`: number of links, and both sides' terms."""
    names = [node.name for node in problem.nodes]
    _, before, after = flow.hops
    pairs = [(names[a], names[b]) for a, b in zip(before.tolist(), after.tolist(), strict=True)]
    pairs += [(problem.source, names[n]) for n in flow.entries.tolist()]
    pairs += [(names[n], problem.sink) for n in flow.exits.tolist()]
    linked = {(link.source, link.target) for link in problem.links}
    missing = sorted({pair for pair in pairs if pair[0] != pair[1] and pair not in linked})
    place = {pair: index for index, pair in enumerate(missing)}
    first = len(flow.segments[0])
    column = np.array([first + v for v, pair in enumerate(pairs) if pair in place], dtype=np.int64)
    link = np.array([place[pair] for pair in pairs if pair in place], dtype=np.int64)
    row = np.arange(len(column))
    used = coo_array((np.ones(len(row)), (row, column)), shape=(len(row), flow.n_variables))
    paid = coo_array((-np.ones(len(row)), (row, link)), shape=(len(row), len(missing)))
    return len(missing), used, paid
