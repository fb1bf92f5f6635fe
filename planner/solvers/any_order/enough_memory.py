"""Enough memory: a change that helps nodes in any order, from a few orders; perhaps not the least.

A plan in one order of the nodes is a plan in any order, so what helps an order helps the class.
"""

from __future__ import annotations

from planner.costs.compute import block_compute_s
from planner.limits import Order
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.shortfall import MoreMemory, find_more_memory
from planner.solvers.stage_counts import StageCounts

_MOST_CELLS = 4_000_000
"""Above so many nodes times blocks times stages, one order alone would take seconds."""


def enough_memory(problem: Problem, counts: StageCounts, budget: Budget) -> MoreMemory | None:
    """The least memory that helps one of the tried orders of the nodes, on one node if it can be.

    None if the problem is too large, the budget ended, or memory helps no tried order.
    """
    if len(problem.nodes) * problem.n_blocks * counts.most > _MOST_CELLS:
        return None
    found = []
    limits = problem.limits.model_copy(update={"order": Order.LISTED})
    for order in promising_orders(problem):
        if budget.spent:
            break
        nodes = tuple(problem.nodes[n] for n in order)
        memory = find_more_memory(problem.replaced(nodes=nodes, limits=limits), counts)
        if memory is not None:
            found.append(memory)
    return min(found, key=lambda one: (one.every_node, one.extra_bytes), default=None)


def promising_orders(problem: Problem) -> list[tuple[int, ...]]:
    """As listed, by memory and by speed, forward and backward; without repeats."""
    listed = tuple(range(len(problem.nodes)))
    total_s = [float(block_compute_s(node).sum()) for node in problem.nodes]
    by_memory = sorted(listed, key=lambda n: (-problem.nodes[n].memory_bytes, n))
    by_speed = sorted(listed, key=lambda n: (total_s[n], n))
    forward = (listed, tuple(by_memory), tuple(by_speed))
    return list(dict.fromkeys([*forward, *(order[::-1] for order in forward)]))
