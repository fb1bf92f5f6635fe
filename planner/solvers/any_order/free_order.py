"""The solver that `auto` takes for nodes in any order: exact where it can be, else with a gap."""

from __future__ import annotations

from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.any_order.free_class import free_skip_reason
from planner.solvers.any_order.free_search import Effort
from planner.solvers.any_order.relaxation import searched
from planner.solvers.any_order.typed_dp import TypedDp, too_many_states
from planner.solvers.any_order.typed_table import table_cells
from planner.solvers.budget import Budget
from planner.solvers.node_types import node_types

_TABLE_S = 1.5e-8
"""Seconds per value and type that the table takes, on a slow machine."""


class FreeOrder:
    """Chooses by size: the table over used nodes, else relaxation, labels and local search.

    Without a deadline it ends by its effort, after some 20 s for 64 nodes and 200 blocks. The
    method of its answers says what proved them.
    """

    name = "free-order"

    def __init__(self, effort: Effort | None = None) -> None:
        self._effort = effort or Effort()

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for nodes in any order and a sum as objective."""
        return free_skip_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan found, proved or with its bound."""
        budget = budget or Budget()
        table_s = _TABLE_S * table_cells(problem) * len(node_types(problem))
        if too_many_states(problem) is None and table_s < budget.left_s:
            found = TypedDp().solve(problem, objective, budget)
            return found.model_copy(update={"method": f"{self.name}: {found.method}"})
        return searched(self.name, self._effort, problem, objective, budget=budget)
