"""The least period, by bisection that converges to periods of real plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.costs.evaluate import Evaluator
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError
from planner.solvers.period.period_bound import Fluid
from planner.solvers.period.period_cases import period_cases
from planner.solvers.period.period_reach import PeriodReach, TeamPath
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import Usage

ANY_PERIOD_S = 1e290
"""Longer than any finite one, and still finite when multiplied by numbers of replicas."""
_CLOSE = 1e-11
"""Periods that are nearer than this, relative to their value, are one period in other rounding."""
_NEAR = 0.02
"""When the bounds are so near, it is tried first whether the best plan can be beaten at all."""


@dataclass(frozen=True)
class LeastPeriod:
    """What a search for the least period found."""

    plan: Plan | None
    """None if there is none, or if none was found in time."""
    lower_bound_s: float
    is_complete: bool


class PeriodSearch:
    """Finds plans of short periods among those that a usage allows."""

    def __init__(
        self,
        problem: Problem,
        usage: Usage,
        flow: Fluid | None = None,
        *,
        tables: TeamTables | None = None,
    ) -> None:
        self._problem, self._usage = problem, usage
        tables = tables or TeamTables(problem, usage.groups)
        self._evaluator = Evaluator(problem)
        self._low_s = 0.0 if flow is None else flow.bound_s
        self._reaches = [PeriodReach(tables, usage, case, flow) for case in period_cases(tables)]

    def plan_within(self, period_s: float, budget: Budget) -> Plan | None:
        """A plan with at most this period, up to rounding; none if there is none.

        Raises:
            SpentError: the time is over.
        """
        for reach in self._reaches:
            path = reach.path(period_s, budget)
            if path is not None:
                return named_plan(self._problem, self._usage, path)
        return None

    def period_s(self, plan: Plan) -> float:
        """Of a plan, as the evaluator prices it."""
        return self._evaluator.evaluate(plan).period_s

    def least(self, budget: Budget, known: Plan | None = None) -> LeastPeriod:
        """The plan of least period.

        Every plan that is found sets the upper end of the search to its own period, so the search
        ends at the period of a plan, once nothing below it is left. It halves the range, and asks
        whether the best plan can be beaten at all as soon as the range is narrow.

        Args:
            budget: when to stop.
            known: a plan to begin with, if there is one.
        """
        try:
            plan = self.plan_within(ANY_PERIOD_S, budget) if known is None else known
        except SpentError:
            return LeastPeriod(None, self._low_s, is_complete=False)
        if plan is None:
            return LeastPeriod(None, self._low_s, is_complete=True)
        return _bisect(
            lambda period_s: self.plan_within(period_s, budget), self.period_s, plan, self._low_s
        )


def _bisect(
    plan_within: Callable[[float], Plan | None],
    period_s: Callable[[Plan], float],
    plan: Plan,
    low_s: float,
) -> LeastPeriod:
    best, high_s = plan, period_s(plan)
    try_below = True
    while low_s < high_s * (1 - _CLOSE):
        is_near = try_below and low_s > high_s * (1 - _NEAR)
        middle_s = high_s * (1 - _CLOSE) if is_near else (low_s + high_s) / 2
        try:
            found = plan_within(middle_s)
        except SpentError:
            return LeastPeriod(best, low_s, is_complete=False)
        found_s = high_s if found is None else period_s(found)
        if found is not None and found_s < high_s:
            # Near the end, many plans may lie close together: then halving gets there sooner.
            best, high_s, try_below = found, found_s, not is_near
        else:
            low_s, try_below = max(low_s, middle_s), False
    return LeastPeriod(best, min(low_s, high_s), is_complete=True)


def named_plan(problem: Problem, usage: Usage, path: TeamPath) -> Plan:
    """The plan of a path of teams, with names for its nodes."""
    named = [[problem.nodes[n].name for n in members] for members in usage.named(path.teams)]
    return problem.plan(
        path.cuts,
        tuple(members[0] for members in named),
        tuple(tuple(members[1:]) for members in named),
    )
