"""A lower bound on the period for any order of nodes: work spread like a fluid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from planner.costs.compute import block_compute_s, has_measured_stages
from planner.problem import Problem
from planner.solvers.node_types import node_types
from planner.solvers.period.teams import count_range

_Floats = NDArray[np.float64]
_MOST_CELLS = 200_000
"""Nodes times blocks; above, the linear program is left out."""
_SLACK = 1e-12
"""For rounding."""


@dataclass(frozen=True)
class Fluid:
    """Blocks split among nodes at will, messages that take no time: what that says of a period."""

    bound_s: float
    """No plan has a shorter period."""
    weights: _Floats
    """[N]: of a second of each node. Of equal nodes, equal."""
    work_after: _Floats
    """[B + 1]: weighted seconds that the blocks from each boundary on take at least."""


def fluid(problem: Problem, time_limit_s: float) -> Fluid:
    """The bound, and the weights that prove it.

    For any weights w >= 0 of the nodes, the blocks take at least Σ_b min_n w_n · t_nb weighted
    seconds, and the nodes of a plan have period · Σ_n w_n of them. The best weights are those of a
    linear program, the speeds if the nodes differ by speed alone. A block runs on at most
    `max_replicas` nodes, so the slowest block on its fastest node bounds the period too.

    Source: Lawler and Labetoulle, "On preemptive scheduling of unrelated parallel processors by
    linear programming", Journal of the ACM 25(4), 1978 (the linear program of the loads).
    """
    times_s = np.array([block_compute_s(node) for node in problem.nodes])
    if has_measured_stages(problem):
        # A stage may take less than its blocks do: then they tell nothing.
        return Fluid(0.0, np.ones(len(times_s)), np.zeros(problem.n_blocks + 1))
    weights = _speeds(times_s)
    if weights is None and times_s.size <= _MOST_CELLS and time_limit_s > 1:
        weights = _program_weights(times_s, time_limit_s / 4)
    weights = np.ones(len(times_s)) if weights is None else weights
    for group in node_types(problem):
        weights[list(group)] = weights[list(group)].mean()
    replicas = problem.limits.max_replicas
    most_nodes = min(count_range(problem).most * replicas, len(times_s))
    work = (weights[:, np.newaxis] * times_s).min(axis=0)
    even_s = work.sum() / np.sort(weights)[::-1][:most_nodes].sum()
    block_s = times_s.min(axis=0).max() / replicas
    after = np.append(np.cumsum(work[::-1])[::-1], 0.0)
    return Fluid(float(max(block_s, even_s)) * (1 - _SLACK), weights, after * (1 - _SLACK))


def _speeds(times_s: _Floats) -> _Floats | None:
    """Of each node relative to the first, if they are the same for all blocks."""
    totals = times_s.sum(axis=1)
    if not (totals > 0).all():
        return None
    speeds: _Floats = totals[0] / totals
    alike = np.allclose(times_s * speeds[:, np.newaxis], times_s[0], rtol=1e-9, atol=0.0)
    return speeds if alike else None


def _program_weights(times_s: _Floats, time_limit_s: float) -> _Floats | None:
    """Weights of sum 1 that bound the longest load best; none if none were found in time.

    The dual of making the longest load least; that any weights give a bound makes it valid
    whatever the program's accuracy.
    """
    n_nodes, n_blocks = times_s.shape
    # Variables: w_1 … w_N, y_1 … y_B; maximise Σ y with y_b <= w_n · t_nb.
    node, block = np.divmod(np.arange(times_s.size), n_blocks)
    rows = np.arange(times_s.size)
    ones = np.ones(times_s.size)
    at_most = coo_array(
        (
            np.concatenate([ones, -times_s.ravel()]),
            (np.concatenate([rows, rows]), np.concatenate([n_nodes + block, node])),
        ),
        shape=(times_s.size, n_nodes + n_blocks),
    )
    total = np.concatenate([np.ones(n_nodes), np.zeros(n_blocks)])
    found = linprog(
        np.concatenate([np.zeros(n_nodes), -np.ones(n_blocks)]),
        A_ub=csr_array(at_most),
        b_ub=np.zeros(times_s.size),
        A_eq=csr_array(total[np.newaxis]),
        b_eq=[1.0],
        method="highs",
        options={"time_limit": min(time_limit_s, 60.0)},
    )
    if found.x is None:
        return None
    weights = np.maximum(found.x[:n_nodes], 0.0)
    return weights if weights.sum() > 0 else None
