"""Rounds of label searches that close the gap between the relaxation and the best plan.

A search that forgets some visits gives a bound; its cheapest chain, if it visits a node too often,
says what to remember next. A search that remembers everything gives plans, and with a wide enough
beam a proof. Both are made wider in turn until they meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.free_class import Incumbent
from planner.solvers.any_order.label_search import LabelResult, LabelSearch, SearchEffort
from planner.solvers.any_order.relaxed_chain import RelaxedChain
from planner.solvers.any_order.run_memory import RunMemory
from planner.solvers.any_order.stage_bounds import StageBounds
from planner.solvers.any_order.visit_memory import VisitMemory, group_memory
from planner.solvers.any_order.visit_prices import PricedRelaxation
from planner.solvers.budget import Budget

CLOSE = 5e-10
"""A plan so much better, relative to its value, is not looked for."""


@dataclass(frozen=True)
class RoundsEffort:
    """How much the rounds may do."""

    widths: tuple[int, ...]
    """Of the searches, from one set of rounds to the next."""
    most_work: int
    """Labels that may be extended in all."""


class LabelRounds:
    """The rounds for one problem; `bound` never falls."""

    def __init__(
        self, relaxed: RelaxedChain, priced: PricedRelaxation, incumbent: Incumbent,
        *, bounds: StageBounds, effort: RoundsEffort, bound: float,
    ) -> None:  # fmt: skip
        self._relaxed, self._priced, self._bounds = relaxed, priced, bounds
        self._incumbent, self._effort = incumbent, effort
        self._memory: VisitMemory = group_memory(relaxed, priced.completions.visit_prices)
        self._work_left = effort.most_work
        self.bound = max(bound, priced.bound)
        """No plan has a smaller value; infinite if there is none."""

    @property
    def runs(self) -> RunMemory:
        """What the relaxation remembers."""
        return self._relaxed.runs

    @property
    def prices(self) -> NDArray[np.float64]:
        """Of visits and of a stage, as `best_visit_prices` starts with them."""
        return self._priced.prices

    @property
    def is_closed(self) -> bool:
        """Whether nothing better than the best plan is left."""
        return self.bound >= self._ceiling

    @property
    def _ceiling(self) -> float:
        return self._incumbent.value * (1 - CLOSE)

    def find_plans(self, width: int, budget: Budget) -> None:
        """Searches with all visits remembered."""
        self._search(self._memory.everywhere(), width, budget)

    def run(self, budget: Budget) -> None:
        """Makes the searches wider until the gap is closed or the effort spent."""
        for width in self._effort.widths:
            if self.is_closed or self._is_spent(budget):
                return
            self._remember_more(width, budget)
            if self.is_closed or self._is_spent(budget):
                return
            self.find_plans(width, budget)

    def _is_spent(self, budget: Budget) -> bool:
        return budget.spent or self._work_left <= 0

    def _remember_more(self, width: int, budget: Budget) -> None:
        while not self._is_spent(budget):
            found = self._search(self._memory, width, budget)
            if self.is_closed or found.walk is None or found.floor < found.value:
                return
            grown = self._memory.grown(found.walk.types, self._relaxed.tables.counts)
            if grown is None:
                return
            self._memory = grown

    def _search(self, memory: VisitMemory, width: int, budget: Budget) -> LabelResult:
        ceiling = self._ceiling
        effort = SearchEffort(width, self._work_left)
        search = LabelSearch(
            self._relaxed, self._priced, memory,
            bounds=self._bounds, ceiling=ceiling, effort=effort,
        )  # fmt: skip
        found = search.run(budget)
        self._work_left -= found.work
        self.bound = max(self.bound, min(found.value, found.floor, ceiling))
        self._incumbent.offer(found.walk)
        return found
