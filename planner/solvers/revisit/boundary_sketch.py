"""Sketches: plans for a long chain, over a choice of its boundaries that follows the best plan."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isqrt

from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.boundary_choice import chosen_boundaries
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.segment_search import SegmentSearch
from planner.solvers.revisit.segment_tables import segment_tables
from planner.solvers.revisit.walk_prices import WalkPrices

_MOST_CELLS = 100_000
"""Table cells of a search over a choice of boundaries."""
_ROUNDS = 4
_WIDTHS = (3, 20)
_WIDTH_WITHOUT_A_PLAN = 100


def is_long(problem: Problem) -> bool:
    """Whether a sketch has fewer boundaries than the chain."""
    return problem.n_blocks > _places(problem)


def sketch(
    problem: Problem,
    objective: Objective,
    walk: WalkPrices,
    *,
    search: SegmentSearch,
    chains: Sequence[Chain],
    budget: Budget,
) -> None:
    """Offers plans to the search's incumbent: first from the chains' cuts, then around its own."""
    incumbent = search.incumbent
    cuts = list(dict.fromkeys(cut for chain in reversed(chains) for cut in chain.cuts))
    for _ in range(_ROUNDS):
        before = incumbent.value
        bounds = chosen_boundaries(problem, cuts, _places(problem), around=incumbent.cuts)
        tables = segment_tables(problem, objective, walk, bounds=bounds)
        for width in _WIDTHS:
            search.below_incumbent(tables, search.tracked, width=width, budget=budget)
        if incumbent.value == inf:
            width = _WIDTH_WITHOUT_A_PLAN
            search.below_incumbent(tables, search.tracked, width=width, budget=budget)
        if budget.spent or (before < inf and incumbent.value >= before):
            break


def _places(problem: Problem) -> int:
    return isqrt(_MOST_CELLS // len(problem.nodes))
