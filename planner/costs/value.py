"""The value of a plan by any objective, also by those that are no part of a price."""

from __future__ import annotations

from math import inf, isfinite

from planner.costs.evaluate import evaluate
from planner.costs.tails import simulate_tail
from planner.objectives import Objective
from planner.plan import Plan
from planner.problem import Problem


def plan_value(problem: Problem, objective: Objective, plan: Plan, *, seed: int = 0) -> float:
    """What the objective makes of a plan, in its unit; infinite over a missing link.

    Raises:
        MismatchError: the plan answers another problem, or does not cover its blocks and nodes.
    """
    estimate = evaluate(problem, plan)
    if not isfinite(estimate.latency_s):
        return inf
    if objective.quantile is None:
        return objective.value(estimate)
    return simulate_tail(problem, plan, objective.quantile, seed=seed).latency_s
