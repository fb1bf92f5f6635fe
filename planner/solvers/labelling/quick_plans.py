"""Quick plans: good ones of all kinds, for searches to begin with.

For a few orders of the nodes, the recurrence of listed order gives the plans of least weighted sum
of latency and price, and of least latency within some periods. Each holds at most one stage a node
and one node a stage, so it is a plan of every class; whether it holds the limits is left to ask.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.breakdown import Breakdown
from planner.costs.compute import block_compute_s, has_measured_stages
from planner.limits import Limits, Order
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.period.capped_chain import CappedChains
from planner.solvers.period.least_period import ANY_PERIOD_S
from planner.solvers.period.period_bound import fluid
from planner.solvers.period.period_orders import first_orders
from planner.solvers.period.teams import Usage

_WEIGHTS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Of the price, where price and latency of the plan of least latency weigh the same at 1."""
_PERIODS = 8
_SMALL = 3000
"""States times boundaries, below which quick plans are not worth their time."""
_SHARE = 0.25
"""Of the time."""


def are_worth_while(problem: Problem, usage: Usage) -> bool:
    """Whether a full search may take longer than the quick plans do."""
    return usage.n_states * (problem.n_blocks + 1) > _SMALL


def quick_plans(problem: Problem, budget: Budget) -> Iterator[Plan]:
    """Plans that fit the memory caps and the numbers of stages, some of them more than once.

    None where stages have a time of their own.
    """
    if has_measured_stages(problem):
        return
    part = Budget(budget.left_s * _SHARE)
    is_first = True
    for order in _orders(problem):
        if part.spent and not is_first:
            return
        limits = Limits(
            order=Order.LISTED,
            min_stages=problem.limits.min_stages,
            max_stages=problem.limits.max_stages,
        )
        nodes = tuple(problem.nodes[n] for n in order)
        first = part.for_first_plan() if is_first else part
        is_first = False
        for plan in _plans(problem.replaced(nodes=nodes, limits=limits), part, first):
            cuts = tuple(stage.start for stage in plan.stages[1:])
            yield problem.plan(cuts, tuple(stage.node for stage in plan.stages))
            if part.spent:
                return


def _orders(problem: Problem) -> list[tuple[int, ...]]:
    total_s = [float(block_compute_s(node).sum()) for node in problem.nodes]
    index = problem.node_index
    orders = list(first_orders(total_s, index[problem.source], index[problem.sink]))
    is_listed = problem.limits.order is Order.LISTED
    return orders[:1] if is_listed else list(dict.fromkeys(orders))


def _plans(problem: Problem, budget: Budget, first: Budget) -> Iterator[Plan]:
    """For nodes as listed; the first plan has a budget of its own."""
    fastest = CappedChains(problem, latency=1.0)
    found = fastest.best(ANY_PERIOD_S, first).found
    if found is None:
        return
    plan, estimate = found
    yield plan
    if estimate.price > 0:
        for weights in _weights(estimate):
            if budget.spent:
                return
            found = CappedChains(problem, **weights).best(ANY_PERIOD_S, budget).found
            if found is not None:
                yield found[0]
    if estimate.period_s > 0 and not budget.spent:
        low_s = max(fluid(problem, budget.left_s).bound_s, estimate.period_s * 1e-3)
        for period_s in np.geomspace(estimate.period_s, low_s, _PERIODS + 1)[1:].tolist():
            found = None if budget.spent else fastest.best(period_s, budget).found
            if found is None:
                return
            yield found[0]


def _weights(estimate: Breakdown) -> list[dict[str, float]]:
    """Of latency and price, beside the latency alone."""
    scale = estimate.latency_s / estimate.price
    mixed = [{"latency": 1.0, "price": weight * scale} for weight in _WEIGHTS if scale > 0]
    return [{"price": 1.0}, *mixed]
