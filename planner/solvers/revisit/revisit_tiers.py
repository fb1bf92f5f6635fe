"""The tiers of the search with revisits: each takes over the bound and plan of those before."""

from __future__ import annotations

from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from planner.costs.compute import has_measured_stages
from planner.costs.memory import StageMemory
from planner.objectives import Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.additive_floor import additive_floor
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain, best_chain
from planner.solvers.chain_tables import chain_tables
from planner.solvers.own_limit import broken_by_all, own_limit
from planner.solvers.revisit.boundary_sketch import is_long, sketch
from planner.solvers.revisit.incumbent import Incumbent
from planner.solvers.revisit.memory_prices import PriceSearch, extra_prices
from planner.solvers.revisit.node_orders import offer_ordered_plans
from planner.solvers.revisit.priced_walks import BlockWalks, PricedWalks, SegmentWalks
from planner.solvers.revisit.revisit_shortfall import shortfall_reason
from planner.solvers.revisit.segment_labels import LabelAnswer
from planner.solvers.revisit.segment_program import (
    MOST_VARIABLES,
    TOLERANCE,
    VARIABLES_PER_S,
    n_variables,
    solve_program,
)
from planner.solvers.revisit.segment_recurrence import forward
from planner.solvers.revisit.segment_search import SegmentSearch
from planner.solvers.revisit.segment_tables import (
    MOST_CELLS,
    SegmentTables,
    segment_tables,
    table_cells,
)
from planner.solvers.revisit.shared_limits import SharedLimits
from planner.solvers.revisit.viterbi import CountLayers, cheapest_walk
from planner.solvers.revisit.walk_prices import dearest_value, walk_prices, within_windows
from planner.solvers.single_node_chain import best_single_node

_CLIMBING_ROUNDS, _CONVERGING_ROUNDS = 15, 120
_SMALL_CELLS = 2_000
"""Below so many segments labels are quicker than the best prices."""
_WIDTHS = (10, 100, 1000, 4000)
"""Labels kept at one point, from a quick search for plans to a proof."""
_LABELS_SHARE = 0.6
"""Of the time that is left; the integer program gets the rest, unless it would be too large."""
_MOST_WORK = 60_000_000
"""Width times segments times tracked rows: about a minute."""
_MOST_LAYERED_CELLS = 50_000_000
"""Blocks times nodes times stages whose number of stages is told apart block by block."""
_CELLS_PER_S = 4_000_000
"""Table cells that are filled and searched once in a second, with a margin."""
_PROVED = 1e-9
_SUM_ROUNDING = 1e-12


class RevisitSearch:
    """One search: the tiers may be called in their order, each at most once.

    A tier returns whether the best plan is proved afterwards, or that there is none.
    """

    def __init__(self, problem: Problem, objective: Objective, budget: Budget) -> None:
        self._problem, self._objective, self._budget = problem, objective, budget
        self._limits = SharedLimits(problem)
        self._incumbent = Incumbent(problem, objective)
        self._walk = walk_prices(problem, objective)
        self._bound = 0.0
        self._tables: SegmentTables | None = None
        """Over all boundaries; what is left of the segments."""
        self._prices = np.zeros(len(self._limits.limit))

    @property
    def is_spent(self) -> bool:
        """Whether the deadline has passed."""
        return self._budget.spent

    def start(self) -> None:
        """A bound and plans that take milliseconds: on one node, and in the listed order."""
        tables = chain_tables(self._problem, self._objective)
        self._raise_bound(additive_floor(self._problem, self._objective))
        for chain in (best_single_node(tables), best_chain(tables)):
            if chain is not None:
                self._incumbent.offer(chain)

    def viterbi(self) -> bool:
        """The cheapest walk without caps; with measured stages there is none block by block."""
        limits, n_blocks = self._problem.limits, self._problem.n_blocks
        if limits.min_stages > n_blocks:
            return self._raise_bound(inf)
        if has_measured_stages(self._problem):
            return False
        walk = cheapest_walk(self._walk, budget=self._budget)
        if walk is None:
            return False
        self._raise_bound(walk.value * (1 - _SUM_ROUNDING))
        if walk.chain is None:
            return True
        most = None if limits.max_stages is None else min(limits.max_stages, n_blocks)
        layers = CountLayers(limits.min_stages, most)
        if layers.least <= len(walk.chain.nodes) <= (most or n_blocks):
            self._incumbent.offer(walk.chain)
            return self._is_final
        if layers.n_layers * self._walk.block.size > _MOST_LAYERED_CELLS:
            return False
        walk = cheapest_walk(self._walk, layers, self._budget)
        if walk is None:
            return False
        if walk.chain is not None:
            self._incumbent.offer(walk.chain)
        return self._raise_bound(walk.value * (1 - _SUM_ROUNDING))

    def list_segments(self) -> None:
        """Makes the tables of all segments, without any prices on memory."""
        self._tables = segment_tables(self._problem, self._objective, self._walk)

    def lagrangian(self) -> bool:
        """Prices on memory: over explicit segments, or block by block for long chains."""
        cells = table_cells(len(self._problem.nodes), self._problem.n_blocks)
        search = PriceSearch(
            self._priced_walks(cells),
            self._limits,
            self._incumbent,
            dearest=dearest_value(self._problem, self._objective, self._walk),
        )
        budget = self._share(0.4)
        ascent = search.climb(_CLIMBING_ROUNDS, budget)
        if cells > _SMALL_CELLS and not self._is_proved:
            ascent = search.converge(_CONVERGING_ROUNDS, budget)
        self._prices = ascent.prices
        if self._raise_bound(ascent.bound):
            return True
        if cells > _SMALL_CELLS:
            self._look_for_plans(ascent.chains)
        return self._is_final

    def _priced_walks(self, cells: int) -> PricedWalks:
        room = min(MOST_CELLS, self._budget.left_s * _CELLS_PER_S)
        if cells <= room or has_measured_stages(self._problem):
            self._tables = segment_tables(self._problem, self._objective, self._walk)
            return SegmentWalks(self._tables, self._limits)
        memory = StageMemory(self._problem)
        stops = np.array([memory.farthest_stops(node) for node in self._problem.nodes])
        return BlockWalks(self._problem, within_windows(self._walk, stops))

    def _look_for_plans(self, chains: tuple[Chain, ...]) -> None:
        problem, objective, incumbent = self._problem, self._objective, self._incumbent
        offer_ordered_plans(problem, objective, chains, incumbent, self._share(0.5))
        if is_long(problem) and not self._is_proved:
            sketch(
                problem,
                objective,
                self._walk,
                search=SegmentSearch(self._limits, self._prices, incumbent),
                chains=chains,
                budget=self._share(0.5),
            )

    def labels(self) -> bool:
        """Wider and wider label searches, until one leaves nothing out."""
        if self._tables is None:
            return self._is_final
        search = SegmentSearch(self._limits, self._prices, self._incumbent)
        may_follow = n_variables(self._tables) <= MOST_VARIABLES
        tracked, budget = search.tracked, self._share(_LABELS_SHARE if may_follow else 1.0)
        for width in _WIDTHS:
            while not self._is_too_wide(width * int(tracked.sum())):
                self._tables, found = search.below_incumbent(
                    self._tables, tracked, width=width, budget=budget
                )
                if self._raise_bound(found.bound * (1 - _SUM_ROUNDING)):
                    return True
                broken = self._broken(found)
                if not found.is_complete or not broken.any():
                    break
                # The best walk breaks caps that labels did not count: count them from now on.
                tracked = tracked | broken
            if budget.spent:
                break
        return self._is_final

    def _broken(self, found: LabelAnswer) -> NDArray[np.bool_]:
        if found.chain is None:
            return np.zeros(len(self._limits.limit), dtype=np.bool_)
        return self._limits.excess(found.chain) > 0

    def _is_too_wide(self, width_times_rows: int) -> bool:
        """Whether a search would take too long; one without a deadline has to end as well."""
        if self._tables is None or self._budget.left_s < inf:
            return False
        return width_times_rows * n_variables(self._tables) > _MOST_WORK

    def program(self) -> bool:
        """The integer program over what is left, if that is not too much."""
        if self._tables is None:
            return self._is_final
        search = SegmentSearch(self._limits, self._prices, self._incumbent)
        self._tables = search.left_below_incumbent(self._tables)
        if n_variables(self._tables) > min(MOST_VARIABLES, self._budget.left_s * VARIABLES_PER_S):
            return self._is_final
        if n_variables(self._tables) == 0:
            return self._raise_bound(self._incumbent.value)
        free = extra_prices(self._limits, np.zeros(len(self._limits.limit)))
        cheapest, _ = forward(self._tables, free)
        self._raise_bound(min(cheapest.total, self._incumbent.value) * (1 - _SUM_ROUNDING))
        if self._is_final:
            return True
        scale = min(self._incumbent.value, self._bound or inf)
        found = solve_program(self._tables, self._limits, self._budget, scale=scale)
        for chain in found.chains:
            self._incumbent.offer(chain)
        return self._raise_bound(min(found.bound, self._incumbent.value * (1 - TOLERANCE)))

    def solution(self, method: str) -> Solution:
        """The answer as far as it is known."""
        problem, objective = self._problem, self._objective
        if self._bound == inf:
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

    @property
    def _is_final(self) -> bool:
        return self._is_proved or self._bound == inf

    def _raise_bound(self, bound: float) -> bool:
        """Whether that is the proof."""
        self._bound = max(self._bound, bound)
        return self._is_final

    def _share(self, part: float) -> Budget:
        return Budget(self._budget.left_s * part, self._budget.seed)
