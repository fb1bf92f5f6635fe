"""Comparison: our plan beside every baseline's, priced by one evaluator."""

from __future__ import annotations

from math import inf, isfinite

from pydantic import ConfigDict, NonNegativeFloat

from netmodel.units import format_size
from planner.baselines import Baseline, baselines
from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.costs.value import plan_value
from planner.limits import Limits
from planner.objectives import broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from profiler.record import Record

OURS = "partway"


class Row(Record):
    """One way to cut the model, and what it costs."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    name: str
    note: str
    """What the rule looks at, and what it ignores."""
    plan: Plan | None = None
    estimate: Breakdown | None = None
    skip_reason: str | None = None
    """Why there is no plan."""
    fits: bool = False
    """Whether the plan holds every memory cap and limit, and uses links that exist."""
    misfit: str = ""
    """What it breaks: a node and the bytes it lacks, a missing link, or a limit."""
    value: NonNegativeFloat | None = None
    """By the objective; infinite over a missing link; none without a plan."""
    relative_value: NonNegativeFloat | None = None
    """Its value over ours; none without a plan on either side."""


def compare(problem: Problem, solution: Solution) -> tuple[Row, ...]:
    """Our plan first, then every baseline, also those that skip the problem or do not fit it.

    Raises:
        MismatchError: the solution answers another problem.
    """
    evaluator = Evaluator(problem)
    ours = _priced(evaluator, OURS, solution.method, solution.plan)
    if ours.estimate is None:
        ours = ours.model_copy(update={"skip_reason": solution.reason})
    rows = [ours, *(_baseline_row(problem, evaluator, rule) for rule in baselines(problem))]
    return tuple(_valued(problem, row, solution) for row in rows)


def _baseline_row(problem: Problem, evaluator: Evaluator, baseline: Baseline) -> Row:
    reason = baseline.skip_reason(problem)
    if reason is not None:
        return Row(name=baseline.name, note=baseline.note, skip_reason=reason)
    return _priced(evaluator, baseline.name, baseline.note, baseline.propose(problem))


def _priced(evaluator: Evaluator, name: str, note: str, plan: Plan | None) -> Row:
    if plan is None:
        return Row(name=name, note=note)
    estimate = evaluator.evaluate(plan)
    misfit = _misfit(evaluator.problem.limits, estimate)
    return Row(name=name, note=note, plan=plan, estimate=estimate, fits=not misfit, misfit=misfit)


def _misfit(limits: Limits, estimate: Breakdown) -> str:
    if missing := estimate.missing_bytes:
        worst = max(missing, key=missing.__getitem__)
        return f"{worst} +{format_size(missing[worst])}"
    if not isfinite(estimate.latency_s):
        return "no link"
    return broken_limit(limits, estimate) or ""


def _valued(problem: Problem, row: Row, solution: Solution) -> Row:
    if row.plan is None:
        return row
    value = plan_value(problem, solution.objective, row.plan)
    ratio = None if solution.value is None else _ratio(value, solution.value)
    return row.model_copy(update={"value": value, "relative_value": ratio})


def _ratio(value: float, ours: float) -> float:
    if value == ours:
        return 1.0
    return value / ours if ours else inf
