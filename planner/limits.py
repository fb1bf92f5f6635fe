"""Limits: which plans are allowed at all."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, PositiveInt, model_validator

from profiler.record import Record

_Limit = Annotated[float, Field(gt=0)]


class Order(StrEnum):
    """In which order a plan may visit nodes."""

    FREE = "free"
    """In any order."""
    LISTED = "listed"
    """In the order of the cluster file; any may be skipped."""


class Limits(Record):
    """The class of plans to choose from, and what a plan may cost beside its objective.

    Memory caps are not here: they belong to the nodes.
    """

    order: Order = Order.FREE
    revisits: bool = False
    """Whether a node may hold several stages, each in a process of its own."""
    max_replicas: PositiveInt = 1
    """Most nodes that one stage may run on, with requests dealt out in turn."""
    min_stages: PositiveInt = 1
    max_stages: PositiveInt | None = None
    max_latency_s: _Limit | None = None
    max_period_s: _Limit | None = None
    """Longest time between two requests in steady state: one over the throughput."""
    max_price: Annotated[float, Field(ge=0)] | None = None
    """Of one request."""

    @model_validator(mode="after")
    def _do_not_contradict(self) -> Self:
        if self.max_stages is not None and self.max_stages < self.min_stages:
            raise ValueError(
                f"max_stages is {self.max_stages}, but min_stages is {self.min_stages}: "
                "no plan has both"
            )
        if self.revisits and self.order is Order.LISTED:
            raise ValueError(
                "revisits let a node come again, the listed order forbids it: allow a free order"
            )
        if self.revisits and self.max_replicas > 1:
            raise ValueError(
                f"max_replicas is {self.max_replicas}, but with revisits each stage runs on one "
                "node: choose one of the two"
            )
        return self

    @property
    def caps_values(self) -> bool:
        """Whether latency, period or price has a limit."""
        return any(
            limit is not None for limit in (self.max_latency_s, self.max_period_s, self.max_price)
        )

    def loosened(self, slack: float) -> Limits:
        """The same with limits on values that are larger by a share of them."""
        names = ("max_latency_s", "max_period_s", "max_price")
        limits = {name: getattr(self, name) for name in names}
        wider = {n: limit * (1 + slack) for n, limit in limits.items() if limit is not None}
        return self.model_copy(update=wider)

    def describe(self) -> str:
        """The class of plans in words: `nodes in any order, one stage each`."""
        words = ["nodes in listed order" if self.order is Order.LISTED else "nodes in any order"]
        words.append("several stages each" if self.revisits else "one stage each")
        if self.max_replicas > 1:
            words.append(f"up to {self.max_replicas} equal nodes a stage")
        return ", ".join(words)
