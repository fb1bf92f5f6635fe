"""The tiers of the search with revisits: each takes over the bound and plan of those before."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, isqrt

import numpy as np
from numpy.typing import NDArray

from planner.costs.compute import has_measured_stages
from planner.costs.memory import StageMemory
from planner.objectives import Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.boundary_choice import chosen_boundaries
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.incumbent import Incumbent
from planner.solvers.memory_prices import PriceSearch
from planner.solvers.own_limit import broken_by_all, own_limit
from planner.solvers.priced_walks import BlockWalks, PricedWalks, SegmentWalks
from planner.solvers.revisit_shortfall import shortfall_reason
from planner.solvers.segment_fixing import completions, without_the_hopeless
from planner.solvers.segment_labels import LabelAnswer, LabelSearch, search_labels
from planner.solvers.segment_program import MOST_VARIABLES, TOLERANCE, n_variables, solve_program
from planner.solvers.segment_tables import MOST_CELLS, SegmentTables, segment_tables, table_cells
from planner.solvers.shared_limits import SharedLimits
from planner.solvers.viterbi import CountLayers, cheapest_walk
from planner.solvers.walk_prices import dearest_value, walk_prices, within_windows

_Bools = NDArray[np.bool_]

_CLIMBING_ROUNDS, _CONVERGING_ROUNDS = 15, 120
_SMALL_CELLS = 2_000
"""Below so many segments labels are quicker than the best prices."""
_WIDTHS = (10, 100, 1000, 4000)
"""Labels kept at one point, from a quick search for plans to a proof."""
_SKETCH_WIDTHS = (5, 40)
_SKETCH_CELLS = 200_000
"""Table cells of a search over a choice of boundaries."""
_SKETCHES = 5
_LABELS_SHARE = 0.6
"""Of the time that is left, before the integer program gets the rest."""
_MOST_WORK = 500_000_000
"""Width times table cells: a few minutes."""
_MOST_LAYERED_CELLS = 50_000_000
"""Blocks times nodes times stages whose number of stages is told apart block by block."""
_CELLS_PER_S = 4_000_000
"""Table cells that are filled and searched once in a second, with a margin."""
_PROVED = 1e-9
_SUM_ROUNDING = 1e-12


@dataclass(frozen=True)
class Finding:
    """What is known after a tier."""

    tier: str
    is_final: bool
    """Whether the best plan is proved, or that there is none."""


class RevisitSearch:
    """One search: the tiers may be called in their order, each at most once."""

    def __init__(self, problem: Problem, objective: Objective, budget: Budget) -> None:
        self._problem, self._objective, self._budget = problem, objective, budget
        self._limits = SharedLimits(problem)
        self._incumbent = Incumbent(problem, objective)
        self._walk = walk_prices(problem, objective)
        self._bound = 0.0
        self._tables: SegmentTables | None = None
        self._prices = np.zeros(len(self._limits.limit))

    @property
    def is_spent(self) -> bool:
        """Whether the deadline has passed."""
        return self._budget.spent

    def viterbi(self) -> Finding:
        """The cheapest walk without caps; with measured stages there is none block by block."""
        limits = self._problem.limits
        if limits.min_stages > self._problem.n_blocks:
            return self._nothing("viterbi")
        if has_measured_stages(self._problem):
            return Finding("viterbi", is_final=False)
        walk = cheapest_walk(self._walk, budget=self._budget)
        most = min(limits.max_stages or self._problem.n_blocks, self._problem.n_blocks)
        if walk is not None and walk.chain is not None:
            self._raise_bound(walk.value * (1 - _SUM_ROUNDING))
            if not limits.min_stages <= len(walk.chain.nodes) <= most:
                too_many = len(walk.chain.nodes) > most
                layers = CountLayers(limits.min_stages, most if too_many else limits.max_stages)
                if layers.n_layers * self._walk.block.size > _MOST_LAYERED_CELLS:
                    return Finding("viterbi", is_final=False)
                walk = cheapest_walk(self._walk, layers, self._budget)
        if walk is None:
            return Finding("viterbi", is_final=False)
        if walk.chain is None:
            return self._nothing("viterbi")
        self._raise_bound(walk.value * (1 - _SUM_ROUNDING))
        self._incumbent.offer(walk.chain)
        return self._finding("viterbi")

    def lagrangian(self) -> Finding:
        """Prices on memory: over explicit segments, or block by block for long chains."""
        problem, objective = self._problem, self._objective
        cells = table_cells(len(problem.nodes), problem.n_blocks)
        room = min(MOST_CELLS, self._budget.left_s * _CELLS_PER_S)
        walks: PricedWalks
        if cells <= room or has_measured_stages(problem):
            self._tables = segment_tables(problem, objective, self._walk)
            walks = SegmentWalks(self._tables, self._limits)
        else:
            memory = StageMemory(problem)
            stops = np.array([memory.farthest_stops(node) for node in problem.nodes])
            walks = BlockWalks(problem, within_windows(self._walk, stops))
        search = PriceSearch(
            walks,
            self._limits,
            self._incumbent,
            dearest=dearest_value(problem, objective, self._walk),
        )
        budget = self._share(0.4)
        ascent = search.climb(_CLIMBING_ROUNDS, budget)
        if cells > _SMALL_CELLS and not self._is_proved:
            ascent = search.converge(_CONVERGING_ROUNDS, budget)
        self._raise_bound(ascent.bound)
        self._prices = ascent.prices
        if self._bound == inf:
            return self._nothing("lagrangian")
        if problem.n_blocks > self._sketch_places and not self._is_proved:
            self._sketch(ascent.chains)
        return self._finding("lagrangian")

    @property
    def _sketch_places(self) -> int:
        return isqrt(_SKETCH_CELLS // len(self._problem.nodes))

    def _sketch(self, chains: tuple[Chain, ...]) -> None:
        """Plans over a choice of boundaries, then over those around the best plan's cuts."""
        budget = self._share(0.5)
        cuts = list(dict.fromkeys(cut for chain in reversed(chains) for cut in chain.cuts))
        for _ in range(_SKETCHES):
            before = self._incumbent.value
            bounds = chosen_boundaries(
                self._problem, cuts, self._sketch_places, around=self._incumbent.cuts
            )
            tables = segment_tables(self._problem, self._objective, self._walk, bounds=bounds)
            for width in _SKETCH_WIDTHS:
                self._search(tables, self._tracked(), width, budget)
            if budget.spent or (before < inf and self._incumbent.value >= before):
                break

    def _tracked(self) -> _Bools:
        """Rows that have a price, and all that count stages."""
        tracked = self._prices > 0
        tracked[len(self._problem.nodes) :] = True
        return tracked

    def labels(self) -> Finding:
        """Wider and wider label searches, until one leaves nothing out."""
        if self._tables is None:
            return self._finding("labels")
        tracked = self._tracked()
        budget = self._share(_LABELS_SHARE)
        for width in _WIDTHS:
            while True:
                if self._is_too_wide(width):
                    return self._finding("labels")
                self._tables, found = self._search(self._tables, tracked, width, budget)
                self._raise_bound(found.bound * (1 - _SUM_ROUNDING))
                broken = found.chain is not None and self._limits.excess(found.chain) > 0
                if not found.is_complete or not np.any(broken):
                    break
                tracked = tracked | broken
            if self._bound == inf:
                return self._nothing("labels")
            if self._is_proved or found.is_complete or budget.spent:
                break
        return self._finding("labels")

    def _is_too_wide(self, width: int) -> bool:
        """Whether a search would take too long; one without a deadline has to end as well."""
        if self._tables is None or self._budget.left_s < inf:
            return False
        return width * table_cells(len(self._walk.entry), self._tables.n_places) > _MOST_WORK

    def _search(
        self, tables: SegmentTables, tracked: _Bools, width: int, budget: Budget
    ) -> tuple[SegmentTables, LabelAnswer]:
        """Labels below the incumbent; what is left of the segments, and the answer."""
        ceiling = self._incumbent.value
        left = without_the_hopeless(
            tables, completions(tables, self._limits, self._prices), ceiling
        )
        search = LabelSearch(
            tables=left,
            limits=self._limits,
            completions=completions(left, self._limits, self._prices),
            tracked=np.flatnonzero(tracked),
            ceiling=ceiling,
            width=width,
        )
        found = search_labels(search, budget)
        if found.chain is not None:
            self._incumbent.offer(found.chain)
        return left, found

    def program(self) -> Finding:
        """The integer program over what is left, if that is not too much."""
        tables, budget = self._tables, self._budget
        if tables is None or not 0 < n_variables(tables) <= MOST_VARIABLES:
            return self._finding("segment-milp")
        scale = min(self._incumbent.value, max(self._bound, 0.0) or inf)
        found = solve_program(tables, self._limits, budget, scale=scale)
        for chain in found.chains:
            self._incumbent.offer(chain)
        self._raise_bound(min(found.bound, self._incumbent.value * (1 - TOLERANCE)))
        if self._bound == inf:
            return self._nothing("segment-milp")
        return self._finding("segment-milp")

    def solution(self, found: Finding, method: str) -> Solution:
        """The answer as far as it is known."""
        problem, objective = self._problem, self._objective
        if found.is_final and self._bound == inf:
            reason = shortfall_reason(problem, objective, self._budget)
            return infeasible(objective, method, reason)
        limit = own_limit(problem.limits, objective)
        if limit is not None and self._bound > limit:
            return infeasible(objective, method, broken_by_all(limit, self._bound, objective))
        plan, value = self._incumbent.plan, self._incumbent.value
        if plan is None or (limit is not None and value > limit):
            if limit is not None and self._is_proved:
                return infeasible(objective, method, broken_by_all(limit, value, objective))
            return unanswered(objective, method, self._open_reason(), lower_bound=self._bound)
        return answer(
            problem,
            objective,
            method,
            plan=plan,
            lower_bound=self._bound,
            reason=self._open_reason(),
        )

    def _open_reason(self) -> str:
        why = "the time ran out" if self.is_spent else "the search reached its own limits"
        return f"{why} before the proof"

    @property
    def _is_proved(self) -> bool:
        value = self._incumbent.value
        return isfinite(value) and value - self._bound <= _PROVED * abs(value)

    def _raise_bound(self, bound: float) -> None:
        self._bound = max(self._bound, bound)

    def _nothing(self, tier: str) -> Finding:
        self._bound = inf
        return Finding(tier, is_final=True)

    def _finding(self, tier: str) -> Finding:
        return Finding(tier, is_final=self._is_proved)

    def _share(self, part: float) -> Budget:
        return Budget(self._budget.left_s * part, self._budget.seed)
