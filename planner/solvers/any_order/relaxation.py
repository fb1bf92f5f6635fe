"""The exact solver for nodes in any order: a relaxation, tightened until its answer is a plan."""

from __future__ import annotations

from math import inf

from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.additive_floor import additive_floor
from planner.solvers.any_order.free_class import (
    fewest_nodes,
    free_answer,
    free_skip_reason,
    listed_plan,
)
from planner.solvers.any_order.free_search import Effort, FreeSearch
from planner.solvers.any_order.free_shortfall import free_infeasible_reason
from planner.solvers.budget import Budget
from planner.solvers.stage_counts import stage_counts

_SET_UP_S = 6e-8
"""Seconds per boundary and pair of nodes before a search can look at the clock."""


class Relaxation:
    """Lets nodes come again at a price, and remembers visits only where that is not enough.

    Each round is a lower bound; the search ends when a plan meets it, or with the gap when its
    effort is spent.
    """

    name = "relaxation"

    def __init__(self, effort: Effort | None = None) -> None:
        self._effort = effort or Effort(orders=None)

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for nodes in any order and a sum as objective."""
        return free_skip_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan found, with its bound; without a deadline it ends by its effort."""
        return searched(self.name, self._effort, problem, objective, budget=budget or Budget())


def searched(
    name: str, effort: Effort, problem: Problem, objective: Objective, *, budget: Budget
) -> Solution:
    """The answer of a free search, under the name of a solver."""
    if objective.kind is ObjectiveKind.NODES:
        return fewest_nodes(
            problem, objective,
            lambda capped: searched(name, effort, capped, LATENCY, budget=budget), budget=budget,
        )  # fmt: skip
    if _SET_UP_S * (problem.n_blocks + 1) * len(problem.nodes) ** 2 > budget.left_s:
        return _listed_answer(name, problem, objective, budget)
    search = FreeSearch(problem, objective, effort)
    search.run(budget)

    def reason() -> str:
        if search.bound == inf:
            return free_infeasible_reason(problem, stage_counts(problem), budget)
        if budget.spent or search.lacked_time:
            return f"the time limit of {budget.time_limit_s:g} s ended the search"
        return "the search ended with its effort; a time limit does not lengthen it"

    method = f"{name} ({problem.limits.describe()}; {search.proof})"
    return free_answer(
        problem, objective, method, plan=search.incumbent.plan, bound=search.bound, reason=reason
    )


def _listed_answer(name: str, problem: Problem, objective: Objective, budget: Budget) -> Solution:
    """What takes no time, where there is too little for any search."""
    reason = f"the time limit of {budget.time_limit_s:g} s is too short for a search at this size"
    return free_answer(
        problem, objective, f"{name} ({problem.limits.describe()}; cheapest blocks)",
        plan=listed_plan(problem, objective), bound=additive_floor(problem, objective),
        reason=lambda: reason,
    )  # fmt: skip
