"""The entry point for imported instances: one solver per objective."""

from __future__ import annotations

from planner.errors import PlannerError
from planner.objectives import Objective, ObjectiveKind
from planner.placement.instance import PlacementInstance
from planner.placement.latency import solve_latency
from planner.placement.placement import PlacementSolution
from planner.placement.throughput import solve_throughput
from planner.plan_options import check_time_limit

_SOLVERS = {ObjectiveKind.LATENCY: solve_latency, ObjectiveKind.THROUGHPUT: solve_throughput}


def solve_placement(
    instance: PlacementInstance,
    objective: Objective,
    *,
    time_limit_s: float | None = None,
    seed: int = 0,
) -> PlacementSolution:
    """The best placement of an instance's operators.

    Raises:
        PlannerError: an objective that the instances do not have, or no time at all.
    """
    solver = _SOLVERS.get(objective.kind)
    if solver is None:
        known = " and ".join(_SOLVERS)
        raise PlannerError(f"placement instances know the objectives {known}, not {objective.kind}")
    check_time_limit(time_limit_s)
    solution = solver(instance, time_limit_s=time_limit_s, seed=seed)
    ids = tuple(operator.id for operator in instance.operators)
    return solution.model_copy(update={"instance": instance.name, "operator_ids": ids})
