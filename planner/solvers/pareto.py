"""The Pareto front of two objectives: every plan that none beats in both, in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import NonNegativeFloat

from planner.breakdown import Breakdown
from planner.errors import PlannerError
from planner.limits import Order
from planner.objectives import Objective, ObjectiveKind
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError
from planner.solvers.labelling.completion import Completion
from planner.solvers.labelling.dominance import front
from planner.solvers.labelling.goals import FrontOfTwo
from planner.solvers.labelling.label_search import LabelSearch
from planner.solvers.labelling.labels import (
    Labels,
    infeasible_limits_reason,
    too_large_reason,
)
from planner.solvers.labelling.least_value import Pricer
from planner.solvers.labelling.measures import Measures, measure_cases
from planner.solvers.labelling.quick_plans import are_worth_while, quick_plans
from planner.solvers.own_limit import with_slack
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import Usage, usage_of
from planner.solvers.replicas import without_useless_replicas
from profiler.record import Record

_BEAM = 4
_TOLERANCE = 1e-9
"""Values that are nearer, relative, are equal in other rounding."""
_MOST_STATES = 20_000


class ParetoPoint(Record):
    """One plan of the front."""

    plan: Plan
    first: NonNegativeFloat
    """Value by the first objective, as the evaluator prices the plan."""
    second: NonNegativeFloat


class ParetoFront(Record):
    """Plans that no plan of the class beats in one objective without losing in the other."""

    first: Objective
    second: Objective
    points: tuple[ParetoPoint, ...]
    """By ascending first value and so descending second value; one plan for each pair of values."""
    is_complete: bool
    """Whether no point is missing. If not, the points are feasible plans that may be beaten."""
    method: str
    reason: str = ""
    """Why it is empty or not complete."""


def skip_reason(problem: Problem, first: Objective, second: Objective) -> str | None:
    """Why the front of the two is not searched for this problem; none if it is."""
    if first.kind is second.kind:
        return f"the front of {first.kind} against itself is one point: solve for it"
    if ObjectiveKind.MAKESPAN in (first.kind, second.kind):
        return "the makespan is a sum of latency and period: take the front of these two"
    for objective in (first, second):
        if (reason := Labels().skip_reason(problem, objective)) is not None:
            return reason
    usage = usage_of(without_useless_replicas(problem, [first, second]))
    if problem.limits.order is Order.FREE and usage.n_states > _MOST_STATES:
        return (
            f"nodes in free order can be used up in {usage.n_states:,} ways "
            f"(at most {_MOST_STATES:,}): list them in an order, or offer fewer kinds of nodes"
        )
    return too_large_reason(problem)


def pareto(
    problem: Problem, first: Objective, second: Objective, budget: Budget | None = None
) -> ParetoFront:
    """The exact front of two of latency, period, price and number of nodes.

    One pass of label setting with both numbers, see `label_search`; a quick pass before it keeps a
    few labels only, and its plans bound the full one.

    Args:
        problem: blocks, nodes, links and limits; the limits hold for every plan of the front.
        first: an objective other than the makespan.
        second: another one.
        budget: when to stop; the front is then that of the quick pass, and not complete.

    Raises:
        PlannerError: the two are one, or the problem is too large (`skip_reason` tells).
    """
    unfit = skip_reason(problem, first, second)
    if unfit is not None:
        raise PlannerError(f"no front of {first.kind} and {second.kind}: {unfit}")
    problem = without_useless_replicas(with_slack(problem), [first, second])
    search = _FrontSearch(problem, (first, second), usage_of(problem))
    budget = budget or Budget()
    reason = search.run(budget)
    if not search.points and not reason:
        reason = infeasible_limits_reason(problem, budget)
    return ParetoFront(
        first=first,
        second=second,
        points=tuple(search.points),
        is_complete=search.is_complete,
        method=f"label-setting ({problem.limits.describe()})",
        reason=reason,
    )


class _FrontSearch:
    """The front so far."""

    def __init__(
        self, problem: Problem, objectives: tuple[Objective, Objective], usage: Usage
    ) -> None:
        self._problem, self._objectives, self._usage = problem, objectives, usage
        self._pricer = Pricer(problem)
        self.points: list[ParetoPoint] = []
        self.is_complete = False

    def run(self, budget: Budget) -> str:
        """Fills in the points; why they may not be all."""
        tables = TeamTables(self._problem, self._usage.groups)
        is_large = are_worth_while(self._problem, self._usage)
        for plan in quick_plans(self._problem, budget) if is_large else ():
            estimate = self._pricer.estimate(plan)
            if estimate is not None:
                self._add([(plan, estimate)])
        try:
            cases = [
                (measures, Completion(measures, budget))
                for measures in measure_cases(tables, self._usage, self._objectives)
            ]
            for width in (_BEAM, None):
                for measures, completion in cases:
                    self._search(measures, LabelSearch(measures, completion, budget), width)
        except SpentError as error:
            return str(error)
        self.is_complete = True
        return ""

    def _search(self, measures: Measures, search: LabelSearch, width: int | None) -> None:
        goal = FrontOfTwo(measures, self._objectives, _values(self.points))
        found = search.run(goal, width)
        rows = front(goal.values(found.labels), 0.0)
        priced = (self._pricer.plan(measures.usage, found.path(row)) for row in rows)
        self._add([pair for pair in priced if pair is not None])

    def _add(self, found: Sequence[tuple[Plan, Breakdown]]) -> None:
        """Takes in plans, and leaves out what is not on the front."""
        first, second = self._objectives
        added = [
            ParetoPoint(plan=plan, first=first.value(estimate), second=second.value(estimate))
            for plan, estimate in found
        ]
        every = self.points + added
        self.points = [every[row] for row in front(_values(every), _TOLERANCE)]


def _values(points: Sequence[ParetoPoint]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    values = [(point.first, point.second) for point in points]
    return np.array(values, dtype=np.float64).reshape(-1, 2)
