"""The solver for limits on values: any objective under any limits, by label setting."""

from __future__ import annotations

from math import inf

from planner.limits import Order
from planner.objectives import LATENCY, PRICE, THROUGHPUT, Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.least_value import Least, LeastSearch
from planner.solvers.least_value_orders import search
from planner.solvers.no_plan import above_limit_reason, no_plan_reason
from planner.solvers.teams import usage_of

_MOST_STATES = 20_000
"""Keys times teams, above which labels are not tried."""
_MOST_CELLS = 1_500_000
"""Teams squared times boundaries."""


class Labels:
    """Any objective, with limits on latency, period and price, in any class of plans.

    Exact as long as the partial plans that none dominates are few enough to be kept: for
    hundreds of blocks in listed order, tens of blocks and up to about ten unlike nodes in free
    order, a few of both with revisits. Beyond, orders of nodes are searched, or the most
    promising labels are kept, and the answer has a bound.
    """

    name = "labels"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why the problem is too large; none if it is not."""
        n_nodes, width = len(problem.nodes), problem.n_blocks + 1
        n_teams = len(usage_of(problem).teams)
        cells = n_teams**2 * width * (n_nodes**2 + 1 if problem.limits.revisits else 1)
        if cells <= _MOST_CELLS:
            return None
        return f"its tables would have {cells:,} cells (at most {_MOST_CELLS:,})"

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class."""
        budget = budget or Budget()
        method = f"{self.name} ({problem.limits.describe()})"
        least = _least(problem, objective, budget)
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
            return infeasible(objective, method, _reason(problem, budget))
        return unanswered(objective, method, least.why, lower_bound=least.lower_bound)


def _least(problem: Problem, objective: Objective, budget: Budget) -> Least:
    usage = usage_of(problem)
    is_free = problem.limits.order is Order.FREE and not problem.limits.revisits
    found = Least()
    if not is_free or usage.n_states <= _MOST_STATES:
        found = LeastSearch(problem, objective, usage).least(usage, budget)
        if found.is_complete or not is_free or budget.spent:
            return found
    searched = search(problem, objective, budget)
    return searched if searched.value <= found.value or searched.is_complete else found


def _reason(problem: Problem, budget: Budget) -> str:
    """The limit that no plan keeps, or that none keeps together with the others."""
    limits = problem.limits
    named = {
        "max_latency_s": ("latency", limits.max_latency_s, LATENCY, " s"),
        "max_period_s": ("period", limits.max_period_s, THROUGHPUT, " s"),
        "max_price": ("price", limits.max_price, PRICE, ""),
    }
    given = [field for field, (_, limit, _, _) in named.items() if limit is not None]
    without = problem.replaced(limits=limits.model_copy(update=dict.fromkeys(named)))
    for field in given:
        name, limit, objective, unit = named[field]
        found = _least(without, objective, budget)
        if found.plan is None and found.is_complete:
            return no_plan_reason(problem)
        if found.is_complete and limit is not None and found.value[0] > limit:
            return above_limit_reason(name, found.value[0], limit, unit)
    if not given:
        return no_plan_reason(problem)
    return _together(problem, given, named, budget)


def _together(
    problem: Problem,
    given: list[str],
    named: dict[str, tuple[str, float | None, Objective, str]],
    budget: Budget,
) -> str:
    """What the last limit would have to be, with the others as they are."""
    field, others = given[-1], " and ".join(named[other][0] for other in given[:-1])
    name, limit, objective, unit = named[field]
    relaxed = problem.replaced(limits=problem.limits.model_copy(update={field: None}))
    found = _least(relaxed, objective, budget) if others else Least()
    if not found.is_complete or found.plan is None or limit is None:
        return f"no plan keeps the limits on {others or name} and {name} together"
    return (
        f"within the limits on {others}, the least {name} of any plan is "
        f"{found.value[0]:.6g}{unit}, above its limit {limit:.6g}{unit}: raise one of them"
    )
