"""The exact solver for nodes in listed order whose period matters beside another value."""

from __future__ import annotations

from planner.breakdown import Breakdown
from planner.costs.compute import has_measured_stages
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible
from planner.solvers.budget import Budget
from planner.solvers.labelling.labels import infeasible_limits_reason
from planner.solvers.period.capped_chain import CappedChains
from planner.solvers.period.least_makespan import MakespanSearch
from planner.solvers.period.least_period import ANY_PERIOD_S
from planner.solvers.period.period_bound import fluid

_CAPPED = (ObjectiveKind.LATENCY, ObjectiveKind.PRICE, ObjectiveKind.NODES)


class CappedChain:
    """Makespan, or latency, price or nodes within a longest period; for listed order.

    Each asks for the least latency (or price) of the plans within a period, which takes as long as
    `chain-dp`: once for a limit, some tens of times for a makespan.
    """

    name = "capped-chain"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for listed nodes and one value beside a period."""
        limits, kind = problem.limits, objective.kind
        if has_measured_stages(problem):
            return "it takes the time of a stage for the sum of its blocks' times"
        if objective.quantile is not None or kind is ObjectiveKind.MEAN_VARIANCE:
            return f"it does not look at how times vary, as the {objective.name} does"
        if limits.order is not Order.LISTED and len(problem.nodes) > 1:
            return "it visits nodes in their listed order only"
        if limits.revisits or limits.max_replicas > 1:
            return "it gives each node one stage, and each stage one node"
        if kind is ObjectiveKind.THROUGHPUT:
            return "it makes the period least only as a part of the makespan"
        if limits.max_price is not None and kind is not ObjectiveKind.PRICE:
            return "it cannot limit the price beside its objective"
        if limits.max_latency_s is not None and kind in (ObjectiveKind.PRICE, ObjectiveKind.NODES):
            return "it cannot limit the latency beside its objective"
        return None

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class."""
        budget = budget or Budget()
        method = f"{self.name} ({problem.limits.describe()})"
        longest_s = problem.limits.max_period_s or ANY_PERIOD_S
        if objective.kind in _CAPPED:
            is_price, fewest = (objective.kind is k for k in (_CAPPED[1], _CAPPED[2]))
            chains = CappedChains(problem, latency=not is_price, price=is_price)
            found = _allowed(problem, chains.best(longest_s, fewest=fewest))
            if found is not None:
                return answer(problem, objective, method, plan=found[0])
            return infeasible(objective, method, infeasible_limits_reason(problem, budget))
        chains = CappedChains(problem, latency=1)
        search = MakespanSearch(
            lambda period_s: _allowed(problem, chains.best(period_s)),
            objective.micro_batches or 1,
            lower_bound_s=fluid(problem, budget.left_s).bound_s,
        )
        least = search.run(longest_s, budget)
        if least.best is None:
            return infeasible(objective, method, infeasible_limits_reason(problem, budget))
        return answer(
            problem,
            objective,
            method,
            plan=least.best[0],
            lower_bound=None if least.is_complete else least.lower_bound_s,
            reason="" if least.is_complete else "the time limit was reached",
        )


def _allowed(
    problem: Problem, found: tuple[Plan, Breakdown] | None
) -> tuple[Plan, Breakdown] | None:
    """The same, unless it breaks a limit: then every plan of so short a period does."""
    if found is None or broken_limit(problem.limits, found[1]) is not None:
        return None
    return found
