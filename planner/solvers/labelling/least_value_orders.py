"""Free order beyond what labels can tell apart: a relaxation for the bound, orders for plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf

from planner.costs.compute import block_compute_s
from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.labelling.least_value import Least, LeastSearch
from planner.solvers.period.period_orders import Order, first_orders, search_orders
from planner.solvers.period.teams import ListedUsage, ReuseUsage

_PATIENCE = 2
_SHARE = 0.4
"""Of the time, at most so much goes into the relaxation."""
_ROUNDING = 1e-9
WHY = (
    "the orders of the nodes are too many to try all; the bound lets nodes come again, "
    "each time at no load"
)


def search(problem: Problem, objective: Objective, budget: Budget) -> Least:
    """A good plan in free order, and a bound."""
    listed = ListedUsage(problem)
    searcher = LeastSearch(problem, objective, listed)
    judge = _Judge(searcher, problem, budget, searcher.quick(budget))
    bound = _relaxed_bound(problem, objective, budget)
    if bound == inf:
        return Least(lower_bound=inf, is_complete=True)
    judge.best = replace(judge.best, lower_bound=bound)
    search_orders(_starts(problem), judge.improve, budget, _PATIENCE)
    best = judge.best
    is_proved = best.value[0] <= bound * (1 + _ROUNDING)
    return replace(best, lower_bound=bound, is_complete=is_proved, why=WHY)


def _relaxed_bound(problem: Problem, objective: Objective, budget: Budget) -> float:
    reuse = ReuseUsage(problem)
    part = Budget(min(budget.left_s * _SHARE, budget.left_s))
    return LeastSearch(problem, objective, reuse).bound(reuse, part)


def _starts(problem: Problem) -> Iterator[Order]:
    total_s = [float(block_compute_s(node).sum()) for node in problem.nodes]
    index = problem.node_index
    return first_orders(total_s, index[problem.source], index[problem.sink])


class _Judge:
    """Keeps the best plan of all orders that it was shown."""

    def __init__(self, search: LeastSearch, problem: Problem, budget: Budget, known: Least) -> None:
        self._search, self._problem, self._budget = search, problem, budget
        self.best = known

    def improve(self, order: Order) -> bool:
        """Whether the order has a better plan than all before it."""
        is_proved = self.best.value[0] <= self.best.lower_bound * (1 + _ROUNDING)
        if is_proved or self._budget.spent:
            return False
        usage = ListedUsage(self._problem, order)
        found = self._search.least(usage, self._budget, self.best)
        is_better = found.value < self.best.value
        if is_better:
            self.best = replace(found, lower_bound=self.best.lower_bound)
        return is_better
