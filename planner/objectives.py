"""Objectives: what is made as small as possible, read off a plan's price."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import PositiveInt, model_validator

from planner.breakdown import Breakdown
from planner.limits import Limits
from profiler.record import Record


class ObjectiveKind(StrEnum):
    """What a plan is judged by; less is better for each."""

    LATENCY = "latency"
    """Seconds of one request from source to sink."""
    THROUGHPUT = "throughput"
    """Seconds between two requests in steady state: the busiest node or link, the period."""
    MAKESPAN = "makespan"
    """Seconds from the first micro-batch's start to the last one's end."""
    PRICE = "price"
    """Money per request."""
    NODES = "nodes"
    """Number of nodes that run a stage; among equal numbers the least latency."""


class Objective(Record):
    """One way to judge a plan."""

    kind: ObjectiveKind
    micro_batches: PositiveInt | None = None
    """How many inputs follow each other through the stages; for the makespan only."""

    @model_validator(mode="after")
    def _has_its_number(self) -> Self:
        if (self.kind is ObjectiveKind.MAKESPAN) != (self.micro_batches is not None):
            raise ValueError("the makespan needs a number of micro-batches, and nothing else has")
        return self

    @property
    def unit(self) -> str:
        """Of its values: `s`, or empty for money and numbers of nodes."""
        return "" if self.kind in (ObjectiveKind.PRICE, ObjectiveKind.NODES) else "s"

    @property
    def is_additive(self) -> bool:
        """Whether a plan's value is the sum of its stages' and hops' own values."""
        return self.kind in (ObjectiveKind.LATENCY, ObjectiveKind.PRICE)

    def value(self, estimate: Breakdown) -> float:
        """Of a priced plan; infinite if it needs a link that does not exist."""
        if self.kind is ObjectiveKind.LATENCY:
            return estimate.latency_s
        if self.kind is ObjectiveKind.THROUGHPUT:
            return estimate.period_s
        if self.kind is ObjectiveKind.PRICE:
            return estimate.price
        if self.kind is ObjectiveKind.NODES:
            return estimate.n_nodes
        return estimate.makespan_s(self.micro_batches or 1)


LATENCY = Objective(kind=ObjectiveKind.LATENCY)
THROUGHPUT = Objective(kind=ObjectiveKind.THROUGHPUT)
PRICE = Objective(kind=ObjectiveKind.PRICE)
NODES = Objective(kind=ObjectiveKind.NODES)


def makespan(micro_batches: int) -> Objective:
    """The time that so many micro-batches take together."""
    return Objective(kind=ObjectiveKind.MAKESPAN, micro_batches=micro_batches)


def broken_limit(limits: Limits, estimate: Breakdown) -> str | None:
    """The limit on latency, period, price or stages that a priced plan breaks; none if it is none.

    Memory is not looked at: `Breakdown.fits` tells.
    """
    values = (
        ("latency", estimate.latency_s, limits.max_latency_s, " s"),
        ("period", estimate.period_s, limits.max_period_s, " s"),
        ("price", estimate.price, limits.max_price, ""),
        ("number of stages", len(estimate.stages), limits.max_stages, ""),
    )
    for name, value, limit, unit in values:
        if limit is not None and value > limit:
            return f"{name} {value:.6g}{unit} is above its limit {limit:.6g}{unit}"
    if len(estimate.stages) < limits.min_stages:
        return f"number of stages {len(estimate.stages)} is below its limit {limits.min_stages}"
    return None
