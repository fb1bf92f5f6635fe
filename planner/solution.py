"""Solution: a solver's answer, with its status and proof; the content of a plan file."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, NonNegativeFloat

from netmodel.cluster import Cluster
from planner.breakdown import Breakdown
from planner.plan import Plan
from profiler.record import Record


class Status(StrEnum):
    """What is known about the answer."""

    OPTIMAL = "optimal"
    """No plan of the solver's class is better."""
    FEASIBLE = "feasible"
    """The plan holds all limits; the gap to the lower bound is open."""
    INFEASIBLE = "infeasible"
    """No plan holds all limits."""


class Solution(Record):
    """A plan with its value and proof, or the reason why there is none."""

    status: Status
    method: str
    """The solver, and the class of plans it searched."""
    plan: Plan | None = None
    value_s: NonNegativeFloat | None = None
    """Objective value of the plan, as the evaluator prices it."""
    lower_bound_s: NonNegativeFloat | None = None
    """No plan of the class has a smaller value."""
    reason: str = ""
    """Why nothing fits: the node and the bytes that are missing."""


class PlanDocument(Record):
    """A plan file: the answer, its price, and what emission and runs need to know."""

    schema_: Literal["partway.plan-document/1"] = Field(
        alias="schema", default="partway.plan-document/1"
    )
    model: str
    backend: str
    threads: int
    granularity: str
    objective: str = "latency"
    solution: Solution
    estimate: Breakdown | None = None
    cluster: Cluster
    node_speeds: dict[str, float] = Field(default_factory=dict)
    """Of each node, relative to the machine of the reference profile, where it is known."""
    block_names: tuple[str, ...]
    """As the profile names the blocks that the plan counts."""
    provenance: dict[str, str]
    """Which numbers are measured, computed and estimated, and from which profiles."""
