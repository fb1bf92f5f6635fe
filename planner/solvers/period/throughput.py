"""The exact solver for the period, and its search where nodes in free order are too many."""

from __future__ import annotations

from collections.abc import Iterator

from planner.costs.compute import block_compute_s, has_measured_stages
from planner.costs.evaluate import Evaluator, evaluate
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.no_plan import above_limit_reason, no_plan_reason
from planner.solvers.period import period_orders
from planner.solvers.period.least_period import ANY_PERIOD_S, LeastPeriod, PeriodSearch
from planner.solvers.period.period_beam import PeriodBeam
from planner.solvers.period.period_bound import Fluid, fluid
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import FreeUsage, ListedUsage, Usage

_MOST_STATES = 60_000
"""Keys times teams that are searched exactly."""
_MOST_CELLS = 30_000_000
"""The same, times boundaries."""
_SHARE = 0.4
"""Of the time, for plans built from the fullest stages."""
_CLOSE = 1e-9
_NOT_ALL = "the orders of the nodes are too many to try all; the bound lets work flow like a fluid"


class Throughput:
    """Least period by bisection over what can be reached; see `period_reach` and `least_period`.

    Listed order: O(N² B) for each of about thirty periods. Free order, and stages on several
    equal nodes: as many more as there are ways to use up nodes of each kind. Where these are too
    many, orders are searched with the exact solver for each, and the bound is that of work spread
    like a fluid.
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
        return None

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The plan of least period."""
        budget = budget or Budget()
        method = f"{self.name} ({problem.limits.describe()})"
        listed = problem.limits.order is Order.LISTED
        usage: Usage = ListedUsage(problem) if listed else FreeUsage(problem)
        flow = fluid(problem, budget.left_s)
        if listed or _is_small(problem, usage):
            found = PeriodSearch(problem, usage, flow).least(budget)
            late = "the time limit was reached"
        else:
            found, late = _search_orders(problem, flow, budget), _NOT_ALL
            method += ", orders searched"
        return _worded(problem, objective, method, found=found, late=late)


def _is_small(problem: Problem, usage: Usage) -> bool:
    cells = usage.n_states * (problem.n_blocks + 1)
    return usage.n_states <= _MOST_STATES and cells <= _MOST_CELLS


class _OrderJudge:
    """Keeps the plan of least period of all orders that it was shown."""

    def __init__(self, problem: Problem, flow: Fluid, budget: Budget) -> None:
        self._problem, self._flow, self._budget = problem, flow, budget
        self._tables = TeamTables(problem, ListedUsage(problem).groups)
        self._evaluator = Evaluator(problem)
        self.plan: Plan | None = None
        self.period_s = ANY_PERIOD_S

    def adopt(self, plan: Plan) -> None:
        """Begins with a plan."""
        self.plan, self.period_s = plan, self._evaluator.evaluate(plan).period_s

    def improve(self, order: tuple[int, ...]) -> bool:
        """Whether the order has a better plan than all before it."""
        if self.period_s <= self._flow.bound_s * (1 + _CLOSE):
            return False
        usage = ListedUsage(self._problem, order)
        search = PeriodSearch(self._problem, usage, self._flow, tables=self._tables)
        plan = search.plan_within(self.period_s * (1 - _CLOSE), self._budget)
        if plan is None:
            return False
        least = search.least(self._budget, known=plan)
        self.plan = least.plan or plan
        self.period_s = self._evaluator.evaluate(self.plan).period_s
        return True


def _search_orders(problem: Problem, flow: Fluid, budget: Budget) -> LeastPeriod:
    judge = _OrderJudge(problem, flow, budget)
    built = PeriodBeam(problem, flow).best(Budget(budget.left_s * _SHARE))
    if built is not None:
        judge.adopt(built)
    period_orders.search_orders(_starts(problem, built), judge.improve, budget)
    return LeastPeriod(judge.plan, flow.bound_s, is_complete=False)


def _starts(problem: Problem, built: Plan | None) -> Iterator[period_orders.Order]:
    """The order of a plan that was built for a short period, then simple ones."""
    index = problem.node_index
    if built is not None:
        order = [index[stage.node] for stage in built.stages]
        yield tuple(order + [n for n in range(len(index)) if n not in order])
    total_s = [float(block_compute_s(node).sum()) for node in problem.nodes]
    yield from period_orders.first_orders(total_s, index[problem.source], index[problem.sink])


def _worded(
    problem: Problem, objective: Objective, method: str, *, found: LeastPeriod, late: str
) -> Solution:
    """The answer that a search amounts to; `late` says why it may be incomplete."""
    limit_s, bound_s = problem.limits.max_period_s, found.lower_bound_s
    period_s = None if found.plan is None else evaluate(problem, found.plan).period_s
    is_above = limit_s is not None and period_s is not None and period_s > limit_s
    if found.plan is not None and period_s is not None and not is_above:
        return answer(problem, objective, method, plan=found.plan, lower_bound=bound_s, reason=late)
    if found.is_complete and found.plan is None:
        return infeasible(objective, method, no_plan_reason(problem))
    if limit_s is not None and found.is_complete and period_s is not None:
        return infeasible(objective, method, above_limit_reason("period", period_s, limit_s, " s"))
    if limit_s is not None and bound_s > limit_s:
        reason = f"no plan has a period below {bound_s:.6g} s, above its limit {limit_s:.6g} s"
        return infeasible(objective, method, reason)
    return unanswered(objective, method, late, lower_bound=bound_s)
