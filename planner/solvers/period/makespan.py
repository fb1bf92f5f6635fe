"""The exact solver for nodes in listed order whose period matters beside another value."""

from __future__ import annotations

from typing import NamedTuple

from planner.costs.compute import has_measured_stages
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind, broken_limit
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError
from planner.solvers.labelling.labels import infeasible_limits_reason
from planner.solvers.period.capped_chain import CappedChains, Priced
from planner.solvers.period.least_makespan import MakespanSearch
from planner.solvers.period.least_period import ANY_PERIOD_S
from planner.solvers.period.period_bound import fluid
from planner.solvers.shared_media import shared_media_reason

_LATE = "the time limit was reached"
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
        return shared_media_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class."""
        budget = budget or Budget()
        method = f"{self.name} ({problem.limits.describe()})"
        longest_s = problem.limits.max_period_s or ANY_PERIOD_S
        if objective.kind in _CAPPED:
            found = _capped(problem, objective, longest_s, budget=budget)
        else:
            found = _makespan(problem, objective, longest_s, budget=budget)
        if found.best is not None:
            return answer(
                problem,
                objective,
                method,
                plan=found.best[0],
                lower_bound=None if found.is_complete else found.bound,
                reason="" if found.is_complete else _LATE,
            )
        if found.is_complete:
            return infeasible(objective, method, infeasible_limits_reason(problem, budget))
        return unanswered(objective, method, _LATE, lower_bound=found.bound)


class _Found(NamedTuple):
    best: Priced | None
    bound: float
    """No plan is below it; not looked at if the search is complete."""
    is_complete: bool


def _capped(problem: Problem, objective: Objective, longest_s: float, *, budget: Budget) -> _Found:
    """The least latency, price or number of nodes within a period."""
    is_price, fewest = (objective.kind is k for k in (_CAPPED[1], _CAPPED[2]))
    chains = CappedChains(problem, latency=not is_price, price=is_price)
    capped = chains.best(longest_s, budget, fewest=fewest)
    best = _allowed(problem, capped.found)
    if best is None and not capped.is_complete:
        best = _allowed(problem, chains.best(longest_s, budget.for_first_plan()).found)
    return _Found(best, float(capped.fewest) if fewest else 0.0, capped.is_complete)


def _makespan(
    problem: Problem, objective: Objective, longest_s: float, *, budget: Budget
) -> _Found:
    chains = CappedChains(problem, latency=1)
    micro_batches = objective.micro_batches or 1
    unfinished: list[Priced] = []
    first = budget.for_first_plan()

    def least_latency(period_s: float) -> Priced | None:
        capped = chains.best(period_s, first if period_s == longest_s else budget)
        found = _allowed(problem, capped.found)
        if capped.is_complete:
            return found
        if found is not None:
            unfinished.append(found)
        raise SpentError(_LATE)

    bound_s = fluid(problem, budget.left_s).bound_s
    least = MakespanSearch(least_latency, micro_batches, lower_bound_s=bound_s).run(
        longest_s, budget
    )
    priced = unfinished + ([] if least.best is None else [least.best])
    best = min(priced, key=lambda pair: pair[1].makespan_s(micro_batches), default=None)
    return _Found(best, least.lower_bound_s, least.is_complete)


def _allowed(problem: Problem, found: Priced | None) -> Priced | None:
    """The same, unless it breaks a limit: then every plan of so short a period does."""
    if found is None or broken_limit(problem.limits, found[1]) is not None:
        return None
    return found
