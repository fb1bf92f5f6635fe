"""Memory sweep: the best plan for every cap on the nodes' memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pydantic import NonNegativeInt

from planner.errors import MismatchError, PlannerError
from planner.plan_row import PlanRow, plan_fields
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve


class MemoryRow(PlanRow):
    """The best plan under one cap, or why there is none."""

    cap_bytes: NonNegativeInt


def sweep_memory(
    problem: Problem,
    caps_bytes: Sequence[int],
    solve: Callable[[Problem], Solution] = solve,
    *,
    nodes: Collection[str] = (),
) -> tuple[MemoryRow, ...]:
    """The best plan for each cap, which replaces that of the given nodes.

    Args:
        problem: what to solve; its limits hold for every row.
        caps_bytes: to try.
        solve: finds the best plan; the one of least latency if not given.
        nodes: names of those whose cap varies; all if none is given.

    Raises:
        MismatchError: an unknown node.
        PlannerError: there is no cap to try.
    """
    if not caps_bytes:
        raise PlannerError("a sweep over the memory cap needs at least one cap to try")
    for name in nodes:
        if name not in problem.node_index:
            raise MismatchError(f"{name!r} is no node: choose from {', '.join(problem.node_index)}")
    rows = []
    for cap in caps_bytes:
        limited = capped(problem, cap, nodes or problem.node_index)
        rows.append(MemoryRow(cap_bytes=cap, **plan_fields(limited, solve(limited))))
    return tuple(rows)


def capped(problem: Problem, cap_bytes: int, names: Collection[str]) -> Problem:
    """The problem with another memory cap on the nodes of these names."""
    nodes = tuple(
        node.model_copy(update={"memory_bytes": cap_bytes}) if node.name in names else node
        for node in problem.nodes
    )
    return problem.replaced(nodes=nodes)
