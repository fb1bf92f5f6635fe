"""Plan row: a solved problem as a row of a table, beside whatever was varied."""

from __future__ import annotations

from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt

from planner.costs.evaluate import Evaluator
from planner.problem import Problem
from planner.solution import Solution, Status
from profiler.record import Record


class PlanRow(Record):
    """The best plan, or why there is none."""

    status: Status
    objective: str = "latency"
    """What the plan was searched for."""
    value: NonNegativeFloat | None = None
    """By the objective, in its unit."""
    latency_s: NonNegativeFloat | None = None
    """End to end."""
    peak_bytes: NonNegativeInt | None = None
    """Highest memory of any node that the plan uses."""
    moved_bytes: NonNegativeInt | None = None
    """Bytes that cross a wire, inputs and outputs included."""
    nodes: tuple[str, ...] = ()
    """Of the parts, in order."""
    cuts: tuple[int, ...] = ()
    """Block boundaries between the parts."""
    reason: str = ""
    """Why nothing fits, or why the search ended before it was known."""

    @property
    def feasible(self) -> bool:
        """Whether there is a plan."""
        return self.status.has_plan

    @property
    def is_proved(self) -> bool:
        """Whether no plan of the class is better, or none fits; else the search ended before."""
        return self.status.is_proved


def plan_fields(problem: Problem, answer: Solution) -> dict[str, Any]:
    """The fields of a `PlanRow` for the answer to a problem."""
    known: dict[str, Any] = {
        "status": answer.status,
        "objective": answer.objective.name,
        "reason": answer.reason,
    }
    if answer.plan is None:
        return known
    estimate = Evaluator(problem).evaluate(answer.plan)
    return known | {
        "value": answer.value,
        "latency_s": estimate.latency_s,
        "peak_bytes": estimate.peak_bytes,
        "moved_bytes": estimate.moved_bytes,
        "nodes": tuple("+".join(stage.nodes) for stage in answer.plan.stages),
        "cuts": tuple(stage.start for stage in answer.plan.stages[1:]),
    }


def plan_words(nodes: tuple[str, ...], cuts: tuple[int, ...]) -> str:
    """A plan in short: `phone |3| server` is cut before block 3."""
    marks = [f" |{cut}| " for cut in cuts]
    return nodes[0] + "".join(f"{mark}{node}" for mark, node in zip(marks, nodes[1:], strict=True))
