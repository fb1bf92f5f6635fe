"""Comparison: our plan beside every baseline's, priced by one evaluator."""

from __future__ import annotations

from math import inf, isfinite

from pydantic import ConfigDict, NonNegativeFloat

from planner.baselines import Baseline, baselines
from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
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
    """Whether the plan holds every memory cap and uses links that exist."""
    relative_latency: NonNegativeFloat | None = None
    """Its latency over ours; infinite over a missing link; none without a plan on either side."""


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
    return tuple(_relative(row, ours.estimate) for row in rows)


def _baseline_row(problem: Problem, evaluator: Evaluator, baseline: Baseline) -> Row:
    reason = baseline.skip_reason(problem)
    if reason is not None:
        return Row(name=baseline.name, note=baseline.note, skip_reason=reason)
    return _priced(evaluator, baseline.name, baseline.note, baseline.propose(problem))


def _priced(evaluator: Evaluator, name: str, note: str, plan: Plan | None) -> Row:
    if plan is None:
        return Row(name=name, note=note)
    estimate = evaluator.evaluate(plan)
    fits = estimate.fits and isfinite(estimate.latency_s)
    return Row(name=name, note=note, plan=plan, estimate=estimate, fits=fits)


def _relative(row: Row, ours: Breakdown | None) -> Row:
    if row.estimate is None or ours is None:
        return row
    ratio = _ratio(row.estimate.latency_s, ours.latency_s)
    return row.model_copy(update={"relative_latency": ratio})


def _ratio(latency_s: float, ours_s: float) -> float:
    if latency_s == ours_s:
        return 1.0
    return latency_s / ours_s if ours_s else inf
