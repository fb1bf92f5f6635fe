"""Solution: a solver's answer, with its status and proof; the content of a plan file."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, model_validator

from netmodel.cluster import Cluster
from planner.breakdown import Breakdown
from planner.objectives import LATENCY, Objective
from planner.plan import Plan
from planner.problem import Problem
from planner.tail import Tail
from profiler.profile_records import ReferenceTimes, Threads
from profiler.record import Record


class Status(StrEnum):
    """What is known about the answer."""

    OPTIMAL = "optimal"
    """No plan of the solver's class is better."""
    FEASIBLE = "feasible"
    """The plan holds all limits; the gap to the lower bound is open."""
    INFEASIBLE = "infeasible"
    """No plan holds all limits."""
    UNKNOWN = "unknown"
    """The search ended before it found a plan, and before a proof that there is none."""

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan, be it proved to be the best or not."""
        return self in (Status.OPTIMAL, Status.FEASIBLE)

    @property
    def is_proved(self) -> bool:
        """Whether no plan of the class is better, or none fits; else the search ended before."""
        return self in (Status.OPTIMAL, Status.INFEASIBLE)


class Solution(Record):
    """A plan with its value and proof, or the reason why there is none."""

    status: Status
    method: str
    """The solver, and the class of plans it searched."""
    plan: Plan | None = None
    objective: Objective = LATENCY
    value: NonNegativeFloat | None = None
    """Of the plan, as the evaluator prices it, in the objective's unit; a quantile is simulated."""
    lower_bound: NonNegativeFloat | None = None
    """No plan of the class has a smaller value."""
    reason: str = ""
    """Why nothing fits, or why the search ended before the proof."""
    runtime_s: NonNegativeFloat = Field(default=0.0, exclude=True)
    """Of the search. Not written to files: equal inputs give equal files."""

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if (self.plan is not None) != self.status.has_plan:
            there = "a plan" if self.plan is not None else "no plan"
            raise ValueError(f"status {self.status.value!r} does not go with {there}")
        if self.value is None or self.lower_bound is None:
            return self
        if self.lower_bound > self.value * (1 + 1e-9):
            raise ValueError(f"lower_bound {self.lower_bound:g} is above the value {self.value:g}")
        if self.status is Status.OPTIMAL and self.value != self.lower_bound:
            raise ValueError(f"an optimal value {self.value:g} is its own lower bound")
        return self

    @property
    def gap(self) -> float | None:
        """How far the value may be above the best one, relative to the value; 0 if it is proved."""
        if self.value is None or self.lower_bound is None:
            return None
        return 1 - self.lower_bound / self.value if self.value > self.lower_bound else 0.0


class PlanDocument(Record):
    """A plan file: the answer, its price, and what emission and runs need to know."""

    schema_: Literal["partway.plan-document/2"] = Field(
        alias="schema", default="partway.plan-document/2"
    )
    model: str
    backend: str
    threads: Threads
    granularity: str
    solution: Solution
    estimate: Breakdown | None = None
    tail: Tail | None = None
    """A quantile of the plan's latency; none without a plan or where nothing is known to vary."""
    cluster: Cluster
    node_speeds: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Of each node, relative to the machine of the reference profile, where it is known."""
    block_names: tuple[str, ...]
    """As the profile names the blocks that the plan counts."""
    problem: Problem | None = None
    """What was solved, so that it can be solved again with changes; none in plans by hand."""
    op_order: tuple[NonNegativeInt, ...] = ()
    """Operators of the captured graph in the order in which the plan counts them; empty if that is
    the program's own order."""
    reference: ReferenceTimes | None = None
    """Of the reference profile's machine when it was profiled; none if its profile has none."""
    provenance: dict[str, str]
    """Which numbers are measured, computed and estimated, and from which profiles."""

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        plan = self.solution.plan
        if plan is None:
            return self
        nodes = {node.name for node in self.cluster.nodes}
        for stage in plan.stages:
            for name in stage.nodes:
                if name not in nodes:
                    raise ValueError(f"plan: stage on {name!r}, which is no node of the cluster")
        if self.problem is not None and self.problem.digest != plan.problem_digest:
            raise ValueError("plan: does not answer the problem that stands beside it")
        if plan.stages[-1].stop != len(self.block_names):
            raise ValueError(
                f"plan: covers {plan.stages[-1].stop} blocks, but {len(self.block_names)} are named"
            )
        if self.estimate is not None:
            priced = [(term.node, term.start, term.stop) for term in self.estimate.stages]
            if priced != [(stage.node, stage.start, stage.stop) for stage in plan.stages]:
                raise ValueError("estimate: its stages are not those of the plan")
            if len(self.estimate.hops) != len(plan.hops):
                raise ValueError("estimate: its hops are not those of the plan")
        return self
