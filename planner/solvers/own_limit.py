"""The limit on the objective's own value: the least value either holds it, or nothing does."""

from __future__ import annotations

from planner.limits import Limits
from planner.objectives import Objective, ObjectiveKind
from planner.problem import Problem


def limits_other_values(problem: Problem, objective: Objective) -> bool:
    """Whether latency, period or price has a limit and is not the objective itself."""
    limits = {
        ObjectiveKind.LATENCY: problem.limits.max_latency_s,
        ObjectiveKind.THROUGHPUT: problem.limits.max_period_s,
        ObjectiveKind.PRICE: problem.limits.max_price,
    }
    return any(limit is not None for kind, limit in limits.items() if kind is not objective.kind)


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
