"""The local search over orders of nodes, with the bound of the relaxation."""

from __future__ import annotations

from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.any_order.free_class import free_skip_reason
from planner.solvers.any_order.free_search import Effort
from planner.solvers.any_order.label_rounds import RoundsEffort
from planner.solvers.any_order.order_search import OrderEffort
from planner.solvers.any_order.relaxation import searched
from planner.solvers.budget import Budget

_EFFORT = Effort(
    rounds=RoundsEffort((), most_work=1_000_000),
    orders=OrderEffort(kicks=1000, most_priced=1_000_000),
)


class LocalSearch:
    """Improves orders of nodes; a gap that visit prices do not close stays open."""

    name = "order-search"

    def __init__(self, effort: Effort = _EFFORT) -> None:
        self._effort = effort

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for nodes in any order and a sum as objective."""
        return free_skip_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan found, with its bound; without a deadline it ends by its effort."""
        return searched(self.name, self._effort, problem, objective, budget=budget or Budget())
