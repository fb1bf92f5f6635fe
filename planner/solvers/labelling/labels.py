"""The solver for limits on values: any objective under any limits, by label setting."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from planner.limits import Order
from planner.objectives import LATENCY, PRICE, THROUGHPUT, Objective, ObjectiveKind
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.any_order.free_order import FreeOrder
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.labelling.least_value import Least, LeastSearch, Pricer, rank_of
from planner.solvers.labelling.least_value_orders import search
from planner.solvers.no_plan import above_limit_reason, no_plan_reason
from planner.solvers.period.any_plan import is_without_plan
from planner.solvers.period.teams import Usage, usage_of
from planner.solvers.period.throughput import Throughput
from planner.solvers.replicas import without_useless_replicas
from planner.solvers.shared_media import shared_media_reason

_MOST_STATES = 20_000
"""Keys times teams, above which labels are not tried."""
_MOST_CELLS = 8_000_000
"""Teams squared times boundaries."""

_NAMED = {
    "max_latency_s": ("latency", LATENCY, " s"),
    "max_period_s": ("period", THROUGHPUT, " s"),
    "max_price": ("price", PRICE, ""),
}
"""Limits on values: what they limit, as an objective."""

_BOUNDED = (
    ObjectiveKind.LATENCY,
    ObjectiveKind.PRICE,
    ObjectiveKind.THROUGHPUT,
    ObjectiveKind.MEAN_VARIANCE,
)

_ROUNDING = 1e-10
_SEARCH_SHARE = 0.75
"""Of the time; the rest is for a plan that holds the limits, if the search finds none."""


class Labels:
    """Any objective but quantiles, with limits on latency, period and price, in any class of plans.

    Exact as long as the partial plans that none dominates are few enough to be kept: for
    hundreds of blocks in listed order, tens of blocks and up to about ten unlike nodes in free
    order, a few of both with revisits. Beyond, orders of nodes are searched, or the most
    promising labels are kept, or simple plans are compared, and the answer has a bound.
    """

    name = "label-setting"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this objective; none for all that is part of a plan's price."""
        if objective.quantile is not None:
            return f"it does not look at how times vary, as the {objective.name} does"
        return shared_media_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class."""
        budget = budget or Budget()
        method = f"{self.name} ({problem.limits.describe()})"
        known = 0.0
        if problem.limits.order is Order.LISTED and problem.limits.caps_values:
            # The quick solvers for one value may settle it, and bound it in any case.
            reason = _alone_reason(problem, budget)
            if reason is not None:
                return infeasible(objective, method, reason)
            if objective.kind in _BOUNDED:
                known = _unlimited(_without_limits(problem), objective, budget).lower_bound
        part = Budget(budget.left_s * _SEARCH_SHARE, budget.seed)
        least = _least(problem, objective, part)
        if least.plan is None and not least.is_complete and least.lower_bound < inf:
            least = _within_one_limit(problem, objective, budget, least)
        least = replace(least, lower_bound=max(least.lower_bound, known))
        if least.plan is not None:
            return answer(
                problem,
                objective,
                method,
                plan=least.plan,
                lower_bound=None if least.is_complete else least.lower_bound,
                reason=least.why,
            )
        if least.is_complete or least.lower_bound == inf:
            return infeasible(objective, method, infeasible_limits_reason(problem, budget))
        return unanswered(objective, method, least.why, lower_bound=least.lower_bound)


def too_large_reason(problem: Problem) -> str | None:
    """Why there can be no labels for so large a problem; none if there can."""
    n_nodes, width = len(problem.nodes), problem.n_blocks + 1
    n_numbers = n_nodes**2 + 1 if problem.limits.revisits else 1
    cells = len(usage_of(problem).teams) ** 2 * width * n_numbers
    if cells <= _MOST_CELLS:
        return None
    return f"the tables of labels would have {cells:,} cells (at most {_MOST_CELLS:,})"


def _least(problem: Problem, objective: Objective, budget: Budget) -> Least:
    usage = usage_of(problem)
    too_large = too_large_reason(problem)
    if _is_without_plan(problem, usage, budget):
        return Least(lower_bound=inf, is_complete=True)
    if too_large is not None:
        quick = LeastSearch(problem, objective, usage).quick(budget)
        is_proved = quick.value[0] <= quick.lower_bound
        return replace(quick, is_complete=is_proved, why=too_large)
    if problem.limits.revisits:
        return _least_with_revisits(problem, objective, usage, budget)
    is_free = problem.limits.order is Order.FREE
    found = Least()
    if not is_free or usage.n_states <= _MOST_STATES:
        part = Budget(budget.left_s / 2) if is_free else budget
        found = LeastSearch(problem, objective, usage).least(usage, part)
        if found.is_complete or not is_free or budget.spent:
            return found
    searched = search(problem, objective, budget)
    return searched if searched.value <= found.value or searched.is_complete else found


def _is_without_plan(problem: Problem, usage: Usage, budget: Budget) -> bool:
    """Whether caps and links alone rule out all orders of nodes that are too many to try."""
    limits = problem.limits
    is_free = limits.order is Order.FREE and not limits.revisits
    if not is_free or usage.n_states <= _MOST_STATES:
        return False
    return is_without_plan(problem, Budget(budget.left_s / 4))


def _within_one_limit(
    problem: Problem, objective: Objective, budget: Budget, least: Least
) -> Least:
    """With a plan that has the least of what is limited, if that holds all limits."""
    pricer, without = Pricer(problem), _without_limits(problem)
    # A plan without revisits is one of the class with revisits too.
    limits = without.limits.model_copy(update={"revisits": False})
    for field, (_, limited, _) in _NAMED.items():
        if getattr(problem.limits, field) is None or budget.spent:
            continue
        alone = without_useless_replicas(without.replaced(limits=limits), [limited])
        solvers = [s for s in (Throughput(), FreeOrder()) if s.skip_reason(alone, limited) is None]
        for solver in solvers:
            plan = solver.solve(alone, limited, Budget(budget.left_s / 2, budget.seed)).plan
            estimate = None if plan is None else pricer.estimate(plan)
            if estimate is not None:
                return replace(least, plan=plan, value=rank_of(objective, estimate))
    return least


def _least_with_revisits(
    problem: Problem, objective: Objective, usage: Usage, budget: Budget
) -> Least:
    """First as if each stage had its node's memory to itself: that is quick and often true."""
    part = Budget(budget.left_s / 3)
    apart = LeastSearch(problem, objective, usage, with_memory=False)
    bound = apart.bound(usage, part)
    found = apart.least(usage, part)
    if found.value[0] <= bound * (1 + _ROUNDING) and objective.kind is not ObjectiveKind.NODES:
        return replace(found, lower_bound=bound, is_complete=True)
    known = replace(found, lower_bound=bound, is_complete=False, why="")
    return LeastSearch(problem, objective, usage).least(usage, budget, known)


def infeasible_limits_reason(problem: Problem, budget: Budget) -> str:
    """The limit that no plan keeps, or that none keeps together with the others."""
    reason = _alone_reason(problem, budget)
    given = [field for field in _NAMED if getattr(problem.limits, field) is not None]
    if reason is None and given:
        reason = _together(problem, given, budget)
    return reason or no_plan_reason(problem, budget)


def _alone_reason(problem: Problem, budget: Budget) -> str | None:
    """The limit that no plan keeps even if there were no other one; none if none was found."""
    without = _without_limits(problem)
    for field, (name, objective, unit) in _NAMED.items():
        limit = getattr(problem.limits, field)
        if limit is not None:
            found = _unlimited(without, objective, budget)
            if found.plan is None and found.is_complete:
                return no_plan_reason(without, budget)
            if found.is_complete and found.value[0] > limit:
                return above_limit_reason(name, found.value[0], limit, unit)
            if found.lower_bound > limit:
                bound = f"{found.lower_bound:.6g}{unit}"
                return f"no plan has a {name} below {bound}, above its limit {limit:.6g}{unit}"
    return None


def _without_limits(problem: Problem) -> Problem:
    return problem.replaced(limits=problem.limits.model_copy(update=dict.fromkeys(_NAMED)))


def _unlimited(problem: Problem, objective: Objective, budget: Budget) -> Least:
    """The least value without limits on values, by the quickest solver that there is here."""
    problem = without_useless_replicas(problem, [objective])
    for solver in (ChainDp(), Throughput()):
        if solver.skip_reason(problem, objective) is None:
            found = solver.solve(problem, objective, budget)
            is_known = found.status in (Status.OPTIMAL, Status.INFEASIBLE)
            value = inf if found.value is None else found.value
            bound = inf if found.status is Status.INFEASIBLE else found.lower_bound or 0.0
            return Least(found.plan, (value, 0.0), bound, is_complete=is_known)
    return _least(problem, objective, budget)


def _together(problem: Problem, given: list[str], budget: Budget) -> str:
    """What the last limit would have to be, with the others as they are."""
    field, others = given[-1], " and ".join(_NAMED[other][0] for other in given[:-1])
    (name, objective, unit), limit = _NAMED[field], getattr(problem.limits, field)
    relaxed = problem.replaced(limits=problem.limits.model_copy(update={field: None}))
    found = _least(relaxed, objective, budget) if others else Least()
    if not found.is_complete or found.plan is None:
        together = f"{others} and {name} together" if others else name
        return f"no plan keeps the limit on {together}"
    return (
        f"within the limit on {others}, the least {name} of any plan is "
        f"{found.value[0]:.6g}{unit}, above its limit {limit:.6g}{unit}: raise one of them"
    )
