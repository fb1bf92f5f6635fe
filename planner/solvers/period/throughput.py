"""The exact solver for the period, and its search where nodes in free order are too many."""

from __future__ import annotations

from dataclasses import replace

from planner.costs.compute import has_measured_stages
from planner.costs.evaluate import evaluate
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.no_plan import above_limit_reason, no_plan_reason
from planner.solvers.period.free_period import search_free_period
from planner.solvers.period.least_period import LeastPeriod, PeriodSearch
from planner.solvers.period.period_bound import fluid
from planner.solvers.period.teams import FreeUsage, ListedUsage, Usage
from planner.solvers.shared_media import shared_media_reason

_MOST_STATES = 60_000
"""Keys times teams that are searched exactly."""
_MOST_CELLS = 30_000_000
"""The same, times boundaries."""
_LATE = "the time limit was reached"
_NOT_ALL = "the orders of the nodes are too many to try all, and the search ended with its effort"


class Throughput:
    """Least period by bisection over what can be reached; see `period_reach` and `least_period`.

    Listed order: O(N² B) for each of about thirty periods. Free order, and stages on several
    equal nodes: as many more as there are ways to use up nodes of each kind. Where these are too
    many, see `free_period`: plans are searched, and the bound is that of walks on which nodes may
    come again, tightened until it meets the best plan or the effort is spent.
    """

    name = "throughput"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for the period without revisits."""
        limits = problem.limits
        if has_measured_stages(problem):
            return "it takes the time of a stage for the sum of its blocks' times"
        if objective.kind is not ObjectiveKind.THROUGHPUT:
            return "it makes nothing but the period least"
        if limits.revisits:
            return "it gives each node one stage"
        if limits.max_latency_s is not None or limits.max_price is not None:
            return "it cannot limit anything beside the period"
        return shared_media_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The plan of least period."""
        budget = budget or Budget()
        method = f"{self.name} ({problem.limits.describe()})"
        listed = problem.limits.order is Order.LISTED
        usage = ListedUsage(problem) if listed else FreeUsage(problem)
        flow = fluid(problem, budget.left_s)
        if isinstance(usage, ListedUsage) or _is_small(problem, usage):
            found = PeriodSearch(problem, usage, flow).least(budget)
            late = _LATE
        else:
            found = search_free_period(problem, usage, flow, budget)
            late = _LATE if budget.spent else _NOT_ALL
            method += ", orders searched"
        if found.is_complete and found.plan is None:
            return infeasible(objective, method, no_plan_reason(problem, budget))
        if found.plan is None and budget.spent:
            found = replace(found, plan=_quickest_listed(problem, budget.for_first_plan()))
        return _worded(problem, objective, method, found=found, late=late)


def _quickest_listed(problem: Problem, budget: Budget) -> Plan | None:
    """The plan of least latency in listed order, which takes a moment; none if there is none.

    It is of the class: fewer orders and no replicas, with the same limits on stages.
    """
    narrower = {"order": Order.LISTED, "max_replicas": 1, "max_period_s": None}
    listed = problem.replaced(limits=problem.limits.model_copy(update=narrower))
    return ChainDp().solve(listed, LATENCY, budget).plan


def _is_small(problem: Problem, usage: Usage) -> bool:
    cells = usage.n_states * (problem.n_blocks + 1)
    return usage.n_states <= _MOST_STATES and cells <= _MOST_CELLS


def _worded(
    problem: Problem, objective: Objective, method: str, *, found: LeastPeriod, late: str
) -> Solution:
    """The answer that a search amounts to; `late` says why it may be incomplete."""
    limit_s, bound_s = problem.limits.max_period_s, found.lower_bound_s
    period_s = None if found.plan is None else evaluate(problem, found.plan).period_s
    is_above = limit_s is not None and period_s is not None and period_s > limit_s
    if found.plan is not None and period_s is not None and not is_above:
        return answer(problem, objective, method, plan=found.plan, lower_bound=bound_s, reason=late)
    if limit_s is not None and found.is_complete and period_s is not None:
        return infeasible(objective, method, above_limit_reason("period", period_s, limit_s, " s"))
    if limit_s is not None and bound_s > limit_s:
        reason = f"no plan has a period below {bound_s:.6g} s, above its limit {limit_s:.6g} s"
        return infeasible(objective, method, reason)
    if limit_s is not None and period_s is not None:
        late = f"the best plan found has a period of {period_s:.6g} s, above its limit; {late}"
    return unanswered(objective, method, late, lower_bound=bound_s)
