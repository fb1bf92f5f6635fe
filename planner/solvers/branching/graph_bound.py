"""Lower bounds over all orders of the blocks, for every objective."""

from __future__ import annotations

from planner.costs.additive import AdditivePrices
from planner.costs.spread_prices import lower_mean_problem
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import Problem
from planner.solvers.branching.order_bound import order_bound
from planner.solvers.budget import Budget
from profiler.block_order import BlockDag
from profiler.block_tensors import BlockTensors


def graph_bound(
    problem: Problem, objective: Objective, dag: BlockDag, tensors: BlockTensors, budget: Budget
) -> float:
    """No plan in any order of the blocks has a smaller value; infinite if none fits.

    Latency, price and mean-variance: see `order_bound`; a quantile of the latency likewise, from
    lower means (`costs.spread_prices.lower_mean_problem`). Throughput: the cheapest compute of one
    block, dealt out to as many nodes as a stage may have, or of all blocks, shared equally by all
    nodes; transfers are not included. Makespan: from latency and throughput, of which it is the
    sum. Number of nodes: 1.
    """
    if objective.is_additive:
        return order_bound(problem, objective, dag, tensors, budget)
    if objective.quantile is not None:
        lower = lower_mean_problem(problem, objective.quantile)
        return order_bound(lower, LATENCY, dag, tensors, budget)
    if objective.kind is ObjectiveKind.NODES:
        return 1.0
    prices = AdditivePrices(problem)
    least = [min(column) for column in zip(*map(prices.block, problem.nodes), strict=True)]
    period = max(max(least) / problem.limits.max_replicas, sum(least) / len(problem.nodes))
    if objective.kind is ObjectiveKind.THROUGHPUT:
        return float(period)
    latency = order_bound(problem, LATENCY, dag, tensors, budget)
    return float(latency + ((objective.micro_batches or 1) - 1) * period)
