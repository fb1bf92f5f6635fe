"""The search for nodes in any order: prices of visits, then labels, with plans improved between."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.additive_floor import additive_floor
from planner.solvers.any_order.free_class import Incumbent, listed_walk
from planner.solvers.any_order.label_rounds import CLOSE, LabelRounds, RoundsEffort
from planner.solvers.any_order.order_search import OrderEffort, OrderSearch
from planner.solvers.any_order.relaxed_chain import RelaxedChain
from planner.solvers.any_order.run_memory import RunMemory
from planner.solvers.any_order.stage_bounds import StageBounds, stage_bounds
from planner.solvers.any_order.type_tables import type_tables
from planner.solvers.any_order.visit_groups import visit_groups, watching
from planner.solvers.any_order.visit_prices import best_visit_prices, is_proved_impossible
from planner.solvers.budget import Budget
from planner.solvers.stage_counts import stage_counts

_Floats = NDArray[np.float64]
_WATCHED_CELLS = (5120, 16384)
"""States of a run times types, in one refinement of the relaxation after the other."""
_LONG_S = 0.1
_MORE_TABLES = 3.0
"""How much longer than the prices, if these took long, the tables of the bounds take to set up."""


@dataclass(frozen=True)
class Effort:
    """How much a search does if no deadline ends it: some 20 s for 64 nodes and 200 blocks."""

    price_rounds: int = 300
    """Relaxed chains that are solved for the best visit prices."""
    grouped_price_rounds: int = 120
    """The same where visits within a group are counted."""
    refined_price_rounds: int = 50
    """The same each time that more of them are watched."""
    impossible_rounds: int = 60
    """The same to prove that there is no plan, while none is found."""
    first_width: int = 50
    """Labels at a boundary in the first search for a plan."""
    rounds: RoundsEffort = field(
        default_factory=lambda: RoundsEffort((300, 1200, 5000), most_work=4_000_000)
    )
    """Without widths the gap stays as the first search leaves it."""
    orders: OrderEffort | None = field(
        default_factory=lambda: OrderEffort(kicks=20, most_priced=200_000)
    )
    """None to take plans as the labels give them."""


class FreeSearch:
    """One search; when it has run, `incumbent` has the best plan and `bound` what is proved."""

    def __init__(self, problem: Problem, objective: Objective, effort: Effort) -> None:
        self._problem, self._objective, self._effort = problem, objective, effort
        self._counts = stage_counts(problem)
        started = Budget()
        self._tables = type_tables(problem, objective)
        self._tables_s = started.elapsed_s
        self.incumbent = Incumbent(problem, objective, self._tables)
        self.bound = additive_floor(problem, objective)
        """No plan has a smaller value; infinite if there is none."""
        self.proof = "cheapest blocks"
        """What the bound comes from."""
        self.lacked_time = False
        """Whether it ended early, since too little was left for what comes next."""

    def run(self, budget: Budget) -> None:
        """Searches until the gap is closed, the effort spent or the budget ended."""
        if self._counts.impossible_reason(self._problem) is not None:
            self.bound = inf
            return
        self.incumbent.offer(listed_walk(self._problem, self._objective, self._tables))
        if self._tables_s > _LONG_S and budget.left_s < _MORE_TABLES * self._tables_s:
            self.lacked_time = True
            return
        bounds = stage_bounds(self._tables, self._counts, budget)
        if bounds.fewest > self._counts.most:
            self.bound, self.proof = inf, "relaxed chains"
            return
        if budget.spent:
            return
        rounds = self._priced(visit_groups(self._tables), bounds, budget, start=None)
        if rounds is None or self._is_closed:
            return
        self._find_plans(rounds, budget)
        if self.incumbent.plan is None and is_proved_impossible(
            self._tables, self._counts, budget, most_rounds=self._effort.impossible_rounds
        ):
            self.bound, self.proof = inf, "visit prices"
            return
        for most_cells in _WATCHED_CELLS:
            runs = watching(self._tables, rounds.runs, rounds.prices, most_cells)
            if self._is_closed or runs.n_states <= rounds.runs.n_states:
                break
            rounds = self._priced(runs, bounds, budget, start=rounds.prices) or rounds
            self._find_plans(rounds, budget)
        rounds.run(budget)
        self._note(rounds.bound, "visit prices and remembered visits")

    @property
    def _is_closed(self) -> bool:
        return self.bound >= self.incumbent.value * (1 - CLOSE)

    def _note(self, bound: float, proof: str) -> None:
        if bound > self.bound:
            self.bound, self.proof = bound, proof

    def _priced(
        self, runs: RunMemory, bounds: StageBounds, budget: Budget, *, start: _Floats | None
    ) -> LabelRounds | None:
        """The label searches under the best visit prices; none if there was no time for prices."""
        effort, relaxed = self._effort, RelaxedChain(self._tables, runs)
        most_rounds = effort.price_rounds
        if runs.n_states > 1:
            grouped, refined = effort.grouped_price_rounds, effort.refined_price_rounds
            most_rounds = grouped if start is None else refined
        priced = best_visit_prices(
            relaxed, self._counts, self.incumbent.value,
            budget=budget, most_rounds=most_rounds, start=start,
        )  # fmt: skip
        if priced is None:
            return None
        self._note(priced.bound, "visit prices")
        self.incumbent.offer(priced.completions.walk)
        return LabelRounds(
            relaxed, priced, self.incumbent, bounds=bounds, effort=effort.rounds, bound=self.bound
        )

    def _find_plans(self, rounds: LabelRounds, budget: Budget) -> None:
        if not self._is_closed:
            rounds.find_plans(self._effort.first_width, budget)
            self._note(rounds.bound, "visit prices and remembered visits")
        if self._effort.orders is not None and not self._is_closed:
            OrderSearch(self._tables, self._counts, self.incumbent, self._effort.orders).run(budget)
