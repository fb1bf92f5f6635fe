"""The least value of any objective under any limits, by label setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

import numpy as np

from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.objectives import Objective, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError
from planner.solvers.labelling.completion import Completion
from planner.solvers.labelling.goals import LeastValue
from planner.solvers.labelling.label_search import Found, LabelSearch
from planner.solvers.labelling.measures import Measures, measure_cases
from planner.solvers.labelling.quick_plans import are_worth_while, quick_plans
from planner.solvers.labelling.value_floor import value_floor
from planner.solvers.period.least_period import named_plan
from planner.solvers.period.period_reach import TeamPath
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import Usage

_BEAM = 3
"""Labels of a state and boundary that the first, quick search keeps."""
_NONE = (inf, inf)


@dataclass(frozen=True)
class Least:
    """What a search found."""

    plan: Plan | None = None
    value: tuple[float, float] = _NONE
    """As the evaluator prices the plan, and what decides between equal values."""
    lower_bound: float = 0.0
    """No plan of the usage is below it; infinite if there is none."""
    is_complete: bool = False
    """Whether no plan is better."""
    why: str = ""
    """It is not complete."""


class Pricer:
    """Turns paths into plans, and asks the evaluator what they are worth."""

    def __init__(self, problem: Problem) -> None:
        self._problem, self._evaluator = problem, Evaluator(problem)

    def plan(self, usage: Usage, path: TeamPath) -> tuple[Plan, Breakdown] | None:
        """The plan with its price; none if it breaks a limit after all."""
        plan = named_plan(self._problem, usage, path)
        estimate = self.estimate(plan)
        return None if estimate is None else (plan, estimate)

    def estimate(self, plan: Plan) -> Breakdown | None:
        """The plan's price; none if it breaks a limit."""
        estimate = self._evaluator.evaluate(plan)
        within = estimate.fits and isfinite(estimate.latency_s)
        is_allowed = within and broken_limit(self._problem.limits, estimate) is None
        return estimate if is_allowed else None


def rank_of(objective: Objective, estimate: Breakdown) -> tuple[float, float]:
    """A plan's value, and what decides between equal ones."""
    second = estimate.latency_s if objective.kind is ObjectiveKind.NODES else 0.0
    return objective.value(estimate), second


class LeastSearch:
    """Searches one problem for one objective; usages of the same teams share what they can."""

    def __init__(
        self, problem: Problem, objective: Objective, usage: Usage, *, with_memory: bool = True
    ) -> None:
        """Without memory, the caps of nodes that come again are only looked at in whole plans."""
        self._problem, self._objective, self._with_memory = problem, objective, with_memory
        self._tables = TeamTables(problem, usage.groups)
        self._pricer = Pricer(problem)
        self._completions: list[Completion] = []

    def least(self, usage: Usage, budget: Budget, known: Least | None = None) -> Least:
        """The best plan that the usage allows, if it is better than a known one.

        A quick search for a good plan comes first, since its value bounds the full one.
        """
        is_large = are_worth_while(self._problem, usage)
        first = known or (self.quick(budget) if is_large else Least())
        floor = max(first.lower_bound, value_floor(self._tables, self._objective))
        best = replace(first, is_complete=False, lower_bound=floor)
        try:
            cases = self._prepared(usage, budget)
            bound = min(self._bound(*case) for case in cases)
            best = replace(best, lower_bound=max(best.lower_bound, bound))
            for width in (_BEAM, None):
                for measures, completion in cases:
                    best = self._better(measures, completion, budget, best=best, width=width)
        except SpentError as error:
            return replace(best, why=str(error))
        return replace(best, is_complete=True, lower_bound=best.value[0])

    def quick(self, budget: Budget) -> Least:
        """The best plan of `quick_plans`, if any holds the limits, and a bound."""
        best = Least(lower_bound=value_floor(self._tables, self._objective))
        for plan in quick_plans(self._problem, budget):
            estimate = self._pricer.estimate(plan)
            if estimate is not None:
                value = rank_of(self._objective, estimate)
                best = replace(best, plan=plan, value=value) if value < best.value else best
        return best

    def bound(self, usage: Usage, budget: Budget) -> float:
        """No plan is below it that the usage allows, whether or not nodes bear it.

        The plans that are found are only looked at for their labels: nodes may come again.
        """
        bound = value_floor(self._tables, self._objective)
        try:
            cases = self._prepared(usage, budget)
            bound = max(bound, min(self._bound(*case) for case in cases))
            return min(self._relaxed(*case, budget) for case in cases)
        except SpentError:
            return bound

    def _relaxed(self, measures: Measures, completion: Completion, budget: Budget) -> float:
        """The least value of any label; infinite if there is none."""
        quick = LeastValue(measures, self._objective)
        search = LabelSearch(measures, completion, budget)
        least = _least(quick, search.run(quick, _BEAM))
        goal = LeastValue(measures, self._objective, (least, inf))
        return min(least, _least(goal, search.run(goal)))

    def _prepared(self, usage: Usage, budget: Budget) -> list[tuple[Measures, Completion]]:
        cases = measure_cases(self._tables, usage, [self._objective], with_memory=self._with_memory)
        if not self._completions:
            self._completions = [Completion(measures, budget) for measures in cases]
        return list(zip(cases, self._completions, strict=True))

    def _bound(self, measures: Measures, completion: Completion) -> float:
        """Over all plans of the case: each number at its own least."""
        whole = measures.plus(measures.entry, completion.after_start[:, 0])
        whole = whole[measures.is_within(whole)]
        values, _ = LeastValue(measures, self._objective).values(whole)
        return float(values.min(initial=inf))

    def _better(
        self,
        measures: Measures,
        completion: Completion,
        budget: Budget,
        *,
        best: Least,
        width: int | None,
    ) -> Least:
        goal = LeastValue(measures, self._objective, best.value)
        found = LabelSearch(measures, completion, budget).run(goal, width)
        for row in _ranked(goal, found):
            priced = self._pricer.plan(measures.usage, found.path(row))
            if priced is not None:
                plan, estimate = priced
                value = rank_of(self._objective, estimate)
                return replace(best, plan=plan, value=value) if value < best.value else best
        return best


def _ranked(goal: LeastValue, found: Found) -> Sequence[int]:
    """Rows in the order of their values."""
    value, second = goal.values(found.labels)
    rows: list[int] = np.lexsort((second, value)).tolist()
    return rows


def _least(goal: LeastValue, found: Found) -> float:
    return float(goal.values(found.labels)[0].min(initial=inf))
