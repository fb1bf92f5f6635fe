"""The exact solver for nodes in any order that are of few types, or few."""

from __future__ import annotations

from math import inf

from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.any_order.free_class import (
    Incumbent,
    fewest_nodes,
    free_answer,
    free_skip_reason,
    listed_walk,
)
from planner.solvers.any_order.free_shortfall import free_infeasible_reason
from planner.solvers.any_order.type_tables import type_tables
from planner.solvers.any_order.typed_table import TypedTable, table_cells
from planner.solvers.budget import Budget
from planner.solvers.stage_counts import stage_counts

_MOST_CELLS = 2**25
"""Values of 8 bytes: 256 MiB."""


class TypedDp:
    """Dynamic programming over how many nodes of each type are used; optimal for its class.

    A plan of the class visits nodes in any order and gives each at most one contiguous stage.
    With one node of each type it is the dynamic program over subsets of nodes.
    """

    name = "typed-dp"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for any order, a sum, and not too many types."""
        if (reason := free_skip_reason(problem, objective)) is not None:
            return reason
        return too_many_states(problem)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class; without enough time, the best in the nodes' listed order."""
        budget = budget or Budget()
        if objective.kind is ObjectiveKind.NODES:
            return fewest_nodes(
                problem,
                objective,
                lambda capped: self.solve(capped, LATENCY, budget),
                budget=budget,
            )
        method = f"{self.name} ({problem.limits.describe()})"
        tables, counts = type_tables(problem, objective), stage_counts(problem)
        incumbent = Incumbent(problem, objective, tables)
        table, bound = TypedTable(tables, counts), 0.0
        if table.fill(budget):
            incumbent.offer(table.best_walk())
            bound = incumbent.value
        else:
            incumbent.offer(listed_walk(problem, objective, tables))

        def reason() -> str:
            if bound == inf:
                return free_infeasible_reason(problem, counts, budget)
            return f"the time limit of {budget.time_limit_s:g} s ended the search"

        return free_answer(
            problem, objective, method, plan=incumbent.plan, bound=bound, reason=reason
        )


def too_many_states(problem: Problem) -> str | None:
    """Why the table would be too large; none if it is not."""
    cells = table_cells(problem)
    if cells <= _MOST_CELLS:
        return None
    return f"its table would have {cells:,} values (at most {_MOST_CELLS:,})"
