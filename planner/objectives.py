"""Objectives: what is made as small as possible, read off a plan's price."""

from __future__ import annotations

from enum import StrEnum
from math import inf, isfinite
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from netmodel.links.spread import format_level
from planner.breakdown import Breakdown
from planner.errors import PlannerError
from planner.limits import Limits
from profiler.record import Record

LIMIT_SLACK = 1e-9
"""By how much, relative, a value may be above its limit: what rounding of sums can do."""


class ObjectiveKind(StrEnum):
    """What a plan is judged by; less is better for each."""

    LATENCY = "latency"
    """Seconds of one request from source to sink; a quantile of them if one is given."""
    THROUGHPUT = "throughput"
    """Seconds between two requests in steady state: the busiest node or link, the period."""
    MAKESPAN = "makespan"
    """Seconds from the first micro-batch's start to the last one's end."""
    PRICE = "price"
    """Money per request."""
    NODES = "nodes"
    """Number of nodes that run a stage; among equal numbers the least latency."""
    MEAN_VARIANCE = "mean-variance"
    """A weighted sum of the mean and the variance of the latency over all requests."""


class Objective(Record):
    """One way to judge a plan."""

    kind: ObjectiveKind
    micro_batches: PositiveInt | None = None
    """How many inputs follow each other through the stages; for the makespan only."""
    quantile: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    """Share of the requests that must not take longer; for the latency only."""
    mean_weight: NonNegativeFloat | None = None
    variance_weight_per_s: NonNegativeFloat | None = None
    """λ in mean + λ · variance; like the mean's weight for the mean-variance only."""

    @model_validator(mode="after")
    def _has_its_number(self) -> Self:
        if self.kind is ObjectiveKind.MAKESPAN and self.micro_batches is None:
            raise ValueError("the makespan needs a number of micro-batches")
        if self.kind is not ObjectiveKind.MAKESPAN and self.micro_batches is not None:
            raise ValueError(f"only the makespan has micro-batches, not the {self.kind.value}")
        if self.quantile is not None and self.kind is not ObjectiveKind.LATENCY:
            raise ValueError(f"only the latency has quantiles, not the {self.kind.value}")
        for weight in (self.mean_weight, self.variance_weight_per_s):
            if (self.kind is ObjectiveKind.MEAN_VARIANCE) != (weight is not None):
                raise ValueError("mean-variance needs two weights, and nothing else has any")
        return self

    @property
    def unit(self) -> str:
        """Of its values: `s`, or empty for money and numbers of nodes."""
        return "" if self.kind in (ObjectiveKind.PRICE, ObjectiveKind.NODES) else "s"

    @property
    def is_additive(self) -> bool:
        """Whether a plan's value is the sum of its stages' and hops' own values."""
        additive = (ObjectiveKind.LATENCY, ObjectiveKind.PRICE, ObjectiveKind.MEAN_VARIANCE)
        return self.kind in additive and self.quantile is None

    @property
    def name(self) -> str:
        """In words: `p95 of the latency`; the throughput goes by its period."""
        if self.kind is ObjectiveKind.THROUGHPUT:
            return "period"
        if self.quantile is None:
            return self.kind.value
        return f"{format_level(self.quantile)} of the {self.kind.value}"

    def value(self, estimate: Breakdown) -> float:
        """Of a priced plan; infinite if it needs a link that does not exist.

        Raises:
            PlannerError: a quantile, which is no part of a price: `costs.tails` simulates it.
        """
        if self.quantile is not None:
            raise PlannerError(f"the {self.name} is found by simulation: ask `costs.tails`")
        if self.kind is ObjectiveKind.MEAN_VARIANCE:
            return self._mean_variance(estimate)
        if self.kind is ObjectiveKind.LATENCY:
            return estimate.latency_s
        if self.kind is ObjectiveKind.THROUGHPUT:
            return estimate.period_s
        if self.kind is ObjectiveKind.PRICE:
            return estimate.price
        if self.kind is ObjectiveKind.NODES:
            return estimate.n_nodes
        return estimate.makespan_s(self.micro_batches or 1)

    def _mean_variance(self, estimate: Breakdown) -> float:
        if not isfinite(estimate.mean_s):
            return inf
        mean, variance = self.mean_weight or 0.0, self.variance_weight_per_s or 0.0
        return mean * estimate.mean_s + variance * estimate.variance_s2


LATENCY = Objective(kind=ObjectiveKind.LATENCY)
THROUGHPUT = Objective(kind=ObjectiveKind.THROUGHPUT)
PRICE = Objective(kind=ObjectiveKind.PRICE)
NODES = Objective(kind=ObjectiveKind.NODES)


def latency_quantile(quantile: float) -> Objective:
    """The latency that so large a share of the requests does not exceed: 0.95 for the p95.

    Raises:
        PlannerError: it is no share, or below 0.5: such a quantile is better for more spread.
    """
    if not 0.5 <= quantile < 1:
        raise PlannerError(
            f"quantile {quantile:g} must be from 0.5 to below 1: 0.95 plans for the p95"
        )
    return Objective(kind=ObjectiveKind.LATENCY, quantile=quantile)


def mean_variance(mean_weight: float, variance_weight_per_s: float) -> Objective:
    """`mean_weight · mean + variance_weight_per_s · variance` of the latency."""
    return Objective(
        kind=ObjectiveKind.MEAN_VARIANCE,
        mean_weight=mean_weight,
        variance_weight_per_s=variance_weight_per_s,
    )


def makespan(micro_batches: int) -> Objective:
    """The time that so many micro-batches take together."""
    return Objective(kind=ObjectiveKind.MAKESPAN, micro_batches=micro_batches)


def broken_limit(limits: Limits, estimate: Breakdown) -> str | None:
    """The limit on latency, period, price or stages that a priced plan breaks; none if it is none.

    Values hold their limit up to 1e-9 of it: sums in another order differ by less. Memory is not
    looked at: `Breakdown.fits` tells.
    """
    most = (
        ("latency", lambda: estimate.latency_s, limits.max_latency_s, " s"),
        ("period", lambda: estimate.period_s, limits.max_period_s, " s"),
        ("price", lambda: estimate.price, limits.max_price, ""),
        ("number of stages", lambda: len(estimate.stages), limits.max_stages, ""),
    )
    for name, value_of, limit, unit in most:
        if limit is not None and (value := value_of()) > limit * (1 + LIMIT_SLACK):
            return f"{name} {value:.6g}{unit} is above its limit {limit:.6g}{unit}"
    if len(estimate.stages) < limits.min_stages:
        return f"number of stages {len(estimate.stages)} is below its limit {limits.min_stages}"
    return None
