"""SavedRun: what a run gave together with the plan that it ran; the content of a run file."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from planner.engines.interface import RunResult
from planner.solution import PlanDocument
from profiler.record import Record


class SavedRun(Record):
    """A run with its plan, so that predicted can be put beside measured anywhere."""

    schema_: Literal["partway.run/1"] = Field(alias="schema", default="partway.run/1")
    document: PlanDocument
    """The plan that was emitted and run."""
    result: RunResult
    cpu_quotas: bool = False
    """Whether a testbed's CPU quotas slowed the stages down to their nodes' speeds."""

    @model_validator(mode="before")
    @classmethod
    def _has_its_plan(cls, content: Any) -> Any:
        # What is no run, or one of another version, is told by its schema.
        known = cls.model_fields["schema_"].default
        is_run = isinstance(content, dict) and content.get("schema") == known
        if is_run and "document" not in content:
            raise ValueError("is a run without its plan: `document` is missing")
        return content

    @model_validator(mode="after")
    def _ran_this_plan(self) -> Self:
        plan, measured = self.document.solution.plan, self.result.measurement
        if plan is None:
            raise ValueError("document: has no plan, so that nothing can have been run")
        ran = [(term.node, term.start, term.stop) for term in measured.stages]
        if ran != [(stage.node, stage.start, stage.stop) for stage in plan.stages]:
            raise ValueError("result: its stages are not those of the plan")
        nodes = [self.document.cluster.source, *(stage.node for stage in plan.stages)]
        ends = list(pairwise([*nodes, self.document.cluster.sink]))
        if [(hop.source, hop.target) for hop in measured.hops] != ends:
            raise ValueError("result: its hops are not those of the plan")
        return self
