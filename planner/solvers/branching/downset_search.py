"""The search over downsets for any class of plans: nodes are watched one after another."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from planner.limits import Order
from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.branching.downset_dp import Found, best_downset_stages
from planner.solvers.branching.downset_order import block_order_of
from planner.solvers.branching.downset_prices import DownsetPrices
from planner.solvers.branching.downsets import Downsets
from planner.solvers.branching.itineraries import itineraries
from planner.solvers.budget import Budget
from profiler.block_tensors import BlockTensors

_MOST_CELLS = 4_000_000
"""States times downsets: a hundred megabytes."""
_MOST_HOP_CELLS = 20_000_000
"""Pairs of nodes times downsets."""


@dataclass(frozen=True)
class OrderedPlan:
    """An order of the blocks, where it is cut, and the nodes of the stages by their place."""

    order: tuple[int, ...]
    cuts: tuple[int, ...]
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class DownsetAnswer:
    """What the search came to."""

    plan: OrderedPlan | None
    """The best plan; none if none is as good as the ceiling, or the search was cut off."""
    lower_bound: float
    """No plan between the searched downsets has a smaller value; infinite if none fits."""
    is_complete: bool
    """Whether the search was not cut off."""


def skip_reason(problem: Problem, objective: Objective, n_downsets: int) -> str | None:
    """Why the search is not for this problem; none if it is."""
    if not objective.is_additive:
        return f"{objective.name} is no sum over stages"
    if len(problem.nodes) ** 2 * n_downsets > _MOST_HOP_CELLS:
        return f"{n_downsets:,} downsets on {len(problem.nodes)} nodes take too much memory"
    return None


def search_downsets(
    problem: Problem,
    objective: Objective,
    tensors: BlockTensors,
    downsets: Downsets,
    *,
    ceiling: float,
    budget: Budget,
) -> DownsetAnswer:
    """The best plan between the downsets that is no worse than the ceiling.

    Where nodes come in any order, one stage each, a node may at first come again, which gives a
    lower bound; the nodes that do are watched from then on, until none does. Caps hold for each
    stage, so that with revisits a plan may still break them; limits on other values than the
    objective are not looked at. In both cases the lower bound holds.

    Source: decremental state-space relaxation, G. Righini and M. Salani, "New dynamic programming
    algorithms for the resource constrained elementary shortest path problem", Networks 51(3), 2008.
    """
    prices = DownsetPrices(problem, objective, tensors, downsets)
    limits, n_nodes = problem.limits, len(problem.nodes)
    is_free = limits.order is Order.FREE and not limits.revisits
    most = max(_MOST_CELLS // len(downsets.masks), n_nodes)
    watched: frozenset[int] = frozenset()
    bound = float((prices.entry + prices.completion[:, 0]).min())
    while (states := itineraries(limits, n_nodes, watched, most=most)) is not None:
        found = best_downset_stages(prices, states, ceiling=ceiling, budget=budget)
        if found is None:
            break
        if not found.stages:
            return DownsetAnswer(None, max(bound, ceiling), is_complete=True)
        bound = max(bound, found.value)
        repeated = _repeated(found) if is_free else frozenset()
        if not repeated:
            return DownsetAnswer(_plan(prices, found), bound, is_complete=True)
        watched |= repeated
    return DownsetAnswer(None, min(bound, ceiling), is_complete=False)


def _repeated(found: Found) -> frozenset[int]:
    counts = Counter(stage.node for stage in found.stages)
    return frozenset(node for node, count in counts.items() if count > 1)


def _plan(prices: DownsetPrices, found: Found) -> OrderedPlan:
    masks = prices.downsets.masks
    return OrderedPlan(
        order=block_order_of(prices, found.stages),
        cuts=tuple(masks[stage.start].bit_count() for stage in found.stages[1:]),
        nodes=tuple(stage.node for stage in found.stages),
    )
