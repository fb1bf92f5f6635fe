"""Lower bounds over all orders of the blocks, for every objective."""

from __future__ import annotations

from planner.costs.spread_prices import lower_mean_problem
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import Problem
from planner.solvers.branching.order_bound import order_bound, order_period_bound
from planner.solvers.budget import Budget
from planner.solvers.period.period_bound import fluid
from profiler.block_order import BlockDag
from profiler.block_tensors import BlockTensors

_PROGRAM_S = 4.0
"""Of which a part may go into a linear program."""


def graph_bound(
    problem: Problem, objective: Objective, dag: BlockDag, tensors: BlockTensors, budget: Budget
) -> float:
    """No plan in any order of the blocks has a smaller value; infinite if none fits.

    Latency, price and mean-variance: see `order_bound`; a quantile of the latency likewise, from
    lower means (`costs.spread_prices.lower_mean_problem`). Throughput: the longest part on any path
    through the model (`order_period_bound`), or the work of all blocks, spread like a fluid
    (`period_bound`). Makespan: from latency and throughput, of which it is the sum. Number of
    nodes: 1.
    """
    if objective.is_additive:
        return order_bound(problem, objective, dag, tensors, budget)
    if objective.quantile is not None:
        lower = lower_mean_problem(problem, objective.quantile)
        return order_bound(lower, LATENCY, dag, tensors, budget)
    if objective.kind is ObjectiveKind.NODES:
        return 1.0
    spread_s = fluid(problem, _PROGRAM_S if budget.left_s > _PROGRAM_S else 0.0).bound_s
    period = max(spread_s, order_period_bound(problem, dag, tensors, budget))
    if objective.kind is ObjectiveKind.THROUGHPUT:
        return float(period)
    latency = order_bound(problem, LATENCY, dag, tensors, budget)
    return float(latency + ((objective.micro_batches or 1) - 1) * period)
