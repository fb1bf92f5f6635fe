"""Why no plan with revisits fits: the links that are missing, or the caps that bind."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from netmodel.units import format_size
from planner.costs.transfer import HopPrices
from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.boundary_choice import chosen_boundaries
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.least_memory import least_missing_memory
from planner.solvers.revisit.segment_tables import segment_tables
from planner.solvers.revisit.shared_limits import SharedLimits
from planner.solvers.revisit.viterbi import CountLayers, cheapest_walk
from planner.solvers.revisit.walk_prices import WalkPrices, walk_prices

_MOST_CELLS = 10_000
"""Of segments among which the least memory that helps is searched."""


def shortfall_reason(problem: Problem, objective: Objective, budget: Budget) -> str:
    """In words, with the smallest change that helps if the budget lets it be found."""
    limits = problem.limits
    if limits.min_stages > problem.n_blocks:
        return f"{limits.min_stages} stages need as many blocks; there are {problem.n_blocks}"
    if limits.min_stages > 1 and len(problem.nodes) == 1:
        return f"{limits.min_stages} stages need two nodes, as neighbours are on different ones"
    missing = _missing_links(problem, objective, budget)
    if missing is None:
        return "the links or the memory caps allow no plan; the time did not suffice to tell which"
    if missing:
        links = " and ".join(f"{a} -> {b}" for a, b in missing)
        return f"no {_subject(problem)} can be carried over the links: one would with {links}"
    return f"no {_subject(problem)} fits the memory caps{_memory_text(problem, objective, budget)}"


def _subject(problem: Problem) -> str:
    least, most = problem.limits.min_stages, problem.limits.max_stages
    if least == 1 and most is None:
        return "plan"
    if most is None:
        return f"plan with at least {least} stages"
    return f"plan with {least} to {most} stages"


def _missing_links(
    problem: Problem, objective: Objective, budget: Budget
) -> tuple[tuple[str, str], ...] | None:
    """Fewest links with which there is a walk of the allowed length; none if time is up."""
    limits = problem.limits
    prices = _links_only(walk_prices(problem, objective))
    most = None if limits.max_stages is None else min(limits.max_stages, problem.n_blocks)
    # A walk with fewest missing links needs no more stages than two for each node and one block.
    enough = 2 * len(problem.nodes) + limits.min_stages
    layers = CountLayers(limits.min_stages, most if most is None or most < enough else None)
    walk = cheapest_walk(prices, layers, budget)
    if walk is None:
        return None
    if walk.chain is None:
        return ()
    linked = HopPrices(problem)
    names = [problem.nodes[n].name for n in walk.chain.nodes]
    hops = pairwise((problem.source, *names, problem.sink))
    return tuple(dict.fromkeys(hop for hop in hops if not linked.is_linked(*hop)))


def _links_only(prices: WalkPrices) -> WalkPrices:
    """One for each missing link, nothing for anything else."""

    def missing(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.isinf(values), 1.0, 0.0)

    hop = missing(prices.hop)
    nodes = np.arange(hop.shape[1])
    hop[:, nodes, nodes] = np.inf
    return replace(
        prices,
        block=np.zeros_like(prices.block),
        entry=missing(prices.entry),
        exit=missing(prices.exit),
        hop=hop,
    )


def _memory_text(problem: Problem, objective: Objective, budget: Budget) -> str:
    walk = walk_prices(problem, objective)
    places = isqrt(_MOST_CELLS // len(problem.nodes))
    bounds = None
    if places < problem.n_blocks:
        bounds = chosen_boundaries(problem, (), places)
    tables = segment_tables(problem, objective, walk, bounds=bounds, within_caps=False)
    limits = SharedLimits(problem)
    found = least_missing_memory(tables, limits, budget)
    if found is None:
        return "; the least memory that helps was not found in the time"
    chain, is_least = found
    least = ", and less in total does not help" if is_least and bounds is None else ""
    return f": {_lacking(problem, limits, chain)}; with that a plan would fit{least}"


def _lacking(problem: Problem, limits: SharedLimits, chain: Chain) -> str:
    missing = (limits.use(chain) - limits.limit)[: len(problem.nodes)]
    parts = [
        f"node {node.name!r} lacks {int(more):,} bytes ({format_size(int(more))}), "
        f"as a cap of {node.memory_bytes:,} is below the {node.memory_bytes + int(more):,} needed"
        for node, more in zip(problem.nodes, missing, strict=True)
        if more > 0
    ]
    return " and ".join(parts)
