"""When it is no use to run a stage on several nodes."""

from __future__ import annotations

from collections.abc import Collection

from planner.objectives import Objective, ObjectiveKind
from planner.problem import Problem


def without_useless_replicas(problem: Problem, objectives: Collection[Objective]) -> Problem:
    """The problem with one node a stage, if its best plans are best in the wider class too.

    Take any plan and leave only the first node of every stage. The nodes of a stage are of one
    type, so each computes as long, has links as quick and costs as much: latency and price, which
    are maxima and means over them, stay the same, as do memory and the number of stages, and the
    order in which nodes are visited. They vary alike too, and one request meets one of them, so
    mean, variance and quantiles of the latency stay. The number of nodes falls. Only the period
    can rise.
    """
    limits = problem.limits
    if limits.max_replicas == 1 or limits.max_period_s is not None:
        return problem
    if not all(_is_settled_by_one(objective) for objective in objectives):
        return problem
    return problem.replaced(limits=limits.model_copy(update={"max_replicas": 1}))


def _is_settled_by_one(objective: Objective) -> bool:
    """Whether the first node of every stage tells the value."""
    if objective.kind is ObjectiveKind.MAKESPAN:
        return objective.micro_batches == 1
    return objective.kind is not ObjectiveKind.THROUGHPUT
