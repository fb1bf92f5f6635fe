"""Limits that a sum can be made least under, and the one on the objective's own value.

The least value either holds the limit on itself, or nothing does.
"""

from __future__ import annotations

from planner.limits import Limits
from planner.objectives import LIMIT_SLACK, Objective, ObjectiveKind
from planner.problem import Problem


def with_slack(problem: Problem) -> Problem:
    """The problem with limits on values that rounding cannot break.

    Solvers add in other orders than the evaluator: a value at its limit must not depend on that.
    """
    if not problem.limits.caps_values:
        return problem
    return problem.replaced(limits=problem.limits.loosened(LIMIT_SLACK))


def limits_other_values(problem: Problem, objective: Objective) -> bool:
    """Whether latency, period or price has a limit and is not the objective itself."""
    limits = {
        ObjectiveKind.LATENCY: problem.limits.max_latency_s,
        ObjectiveKind.THROUGHPUT: problem.limits.max_period_s,
        ObjectiveKind.PRICE: problem.limits.max_price,
    }
    return any(limit is not None for kind, limit in limits.items() if kind is not objective.kind)


def no_plain_sum_reason(problem: Problem, objective: Objective) -> str | None:
    """Why a problem is more than the least sum, or the fewest nodes, over stages of a node each.

    None if it is not.
    """
    if problem.limits.revisits or problem.limits.max_replicas > 1:
        return "it gives each node one stage, and each stage one node"
    if not objective.is_additive and objective.kind is not ObjectiveKind.NODES:
        return f"{objective.kind} is no sum over stages"
    if limits_other_values(problem, objective):
        return "it cannot limit anything beside its objective"
    return None


def own_limit(limits: Limits, objective: Objective) -> float | None:
    """The largest value that is allowed of an additive objective."""
    is_price = objective.kind is ObjectiveKind.PRICE
    return limits.max_price if is_price else limits.max_latency_s


def broken_by_all(limit: float, bound: float, objective: Objective) -> str:
    """Why nothing holds the limit: even the bound is above it."""
    unit = f" {objective.unit}" if objective.unit else ""
    return (
        f"every plan's {objective.kind} is at least {bound:.6g}{unit}, above its limit "
        f"{limit:.6g}{unit}"
    )
