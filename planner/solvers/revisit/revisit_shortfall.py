"""Why no plan with revisits fits: the links that are missing, or the caps that bind."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from netmodel.units import format_size
from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.boundary_choice import chosen_boundaries
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.least_links import as_if_linked, least_links
from planner.solvers.revisit.least_memory import least_missing_memory
from planner.solvers.revisit.segment_tables import SegmentTables, segment_tables
from planner.solvers.revisit.shared_limits import SharedLimits
from planner.solvers.revisit.viterbi import CountLayers, Walk, cheapest_walk
from planner.solvers.revisit.walk_prices import WalkPrices, walk_prices
from planner.solvers.shortfall import caps_in_words, unlinked_hops, unrunnable_reason

_MOST_CELLS = 10_000
"""Of segments among which the least memory that helps is searched."""


def shortfall_reason(problem: Problem, objective: Objective, budget: Budget) -> str:
    """In words, with the smallest change that helps if the budget lets it be found."""
    limits = problem.limits
    if limits.min_stages > problem.n_blocks:
        return f"{limits.min_stages} stages need as many blocks; there are {problem.n_blocks}"
    if limits.min_stages > 1 and len(problem.nodes) == 1:
        return f"{limits.min_stages} stages need two nodes, as neighbours are on different ones"
    if (unrunnable := unrunnable_reason(problem)) is not None:
        return unrunnable
    walk = _least_linked_walk(problem, objective, budget)
    if walk is None:
        return "the links or the memory caps allow no plan; the time did not suffice to tell which"
    subject = f"no {_subject(problem)}"
    if walk.chain is None:
        return f"{subject} is possible: {caps_in_words(problem)} leave none, whatever the links"
    if missing := unlinked_hops(problem, walk.chain.nodes):
        return f"{subject} {_links_text(problem, objective, missing, budget)}"
    return f"{subject} fits the memory caps{_memory_text(problem, objective, budget)}"


def _subject(problem: Problem) -> str:
    least, most = problem.limits.min_stages, problem.limits.max_stages
    if least == 1 and most is None:
        return "plan"
    if most is None:
        return f"plan with at least {least} stages"
    return f"plan with {least} to {most} stages"


def _least_linked_walk(problem: Problem, objective: Objective, budget: Budget) -> Walk | None:
    """The walk of the allowed length with fewest missing hops, whatever its memory.

    None if the time is up.
    """
    limits = problem.limits
    prices = _links_only(problem, walk_prices(problem, objective))
    most = None if limits.max_stages is None else min(limits.max_stages, problem.n_blocks)
    # A walk with fewest missing links needs no more stages than two for each node and one block.
    enough = 2 * len(problem.nodes) + limits.min_stages
    layers = CountLayers(limits.min_stages, most if most is None or most < enough else None)
    return cheapest_walk(prices, layers, budget)


def _links_only(problem: Problem, prices: WalkPrices) -> WalkPrices:
    """One for each missing link, nothing for anything else that a node can run."""

    def missing(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.isinf(values), 1.0, 0.0)

    hop = missing(prices.hop)
    nodes = np.arange(hop.shape[1])
    hop[:, nodes, nodes] = np.inf
    block = np.zeros_like(prices.block)
    for n, node in enumerate(problem.nodes):
        block[list(node.cannot_run), n] = np.inf
    return replace(
        prices,
        block=block,
        entry=missing(prices.entry),
        exit=missing(prices.exit),
        hop=hop,
    )


def _links_text(
    problem: Problem, objective: Objective, missing: tuple[tuple[str, str], ...], budget: Budget
) -> str:
    """What adding links does, with the caps as they are; else what links and memory do."""
    limits, is_exact = SharedLimits(problem), _bounds(problem) is None
    tables = as_if_linked(_tables(problem, objective, within_caps=True))
    found = least_links(problem, tables, limits, budget)
    if found.links:
        return f"can be carried over the links: one would with {_in_words(found.links)}"
    if not found.is_impossible or not is_exact:
        return (
            f"can be carried over the links: {_in_words(missing)} would lead one to the sink; "
            "whether the memory caps then allow one was not found out"
        )
    text = (
        f"is possible: the links lead none from {problem.source!r} to {problem.sink!r}, and "
        f"{caps_in_words(problem)} forbid each even if all nodes were linked"
    )
    roomy = as_if_linked(_tables(problem, objective, within_caps=False))
    more = least_missing_memory(roomy, limits, budget)
    if more is None:
        return text
    links = unlinked_hops(problem, more[0].nodes)
    lacking = _lacking(problem, limits, more[0])
    also = f"; with that and with {_in_words(links)} a plan would fit" if links else ""
    return f"{text}: {lacking}{also}" if lacking else text


def _in_words(links: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"{a} -> {b}" for a, b in links)


def _bounds(problem: Problem) -> NDArray[np.int64] | None:
    """A choice of boundaries for long chains; none if all are looked at."""
    places = isqrt(_MOST_CELLS // len(problem.nodes))
    return chosen_boundaries(problem, (), places) if places < problem.n_blocks else None


def _tables(problem: Problem, objective: Objective, *, within_caps: bool) -> SegmentTables:
    walk = walk_prices(problem, objective)
    bounds = _bounds(problem)
    return segment_tables(problem, objective, walk, bounds=bounds, within_caps=within_caps)


def _memory_text(problem: Problem, objective: Objective, budget: Budget) -> str:
    limits = SharedLimits(problem)
    tables = _tables(problem, objective, within_caps=False)
    found = least_missing_memory(tables, limits, budget)
    if found is None:
        return "; the least memory that helps was not found"
    chain, is_least = found
    least = ", and less in total does not help" if is_least and _bounds(problem) is None else ""
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
