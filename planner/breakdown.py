"""Breakdown: where the time of one request goes, predicted or measured, in one shape."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from profiler.profile_records import Timing
from profiler.record import Record


class Origin(StrEnum):
    """How a breakdown came about."""

    PREDICTED = "predicted"
    MEASURED = "measured"


class StageTerm(Record):
    """One stage on its node."""

    node: str
    start: NonNegativeInt
    stop: NonNegativeInt
    compute_s: NonNegativeFloat
    """From the first operator's start to the last one's end; a median if measured."""
    peak_bytes: NonNegativeInt
    """Most anonymous memory of the process that runs it; 0 if it was not measured."""
    cap_bytes: NonNegativeInt
    """What the node allows."""

    @property
    def missing_bytes(self) -> int:
        """Bytes by which the stage exceeds its node's cap."""
        return max(self.peak_bytes - self.cap_bytes, 0)


class HopTerm(Record):
    """One transfer; nothing is sent if both ends are one node."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    source: str
    target: str
    n_bytes: NonNegativeInt
    transfer_s: NonNegativeFloat
    """From the sender's first byte to the receiver's last; infinite without a link."""


class Breakdown(Record):
    """The terms of one request's end-to-end latency, in the order in which they happen.

    There is one more hop than stages: into the first, between them, and out of the last.
    """

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    schema_: Literal["partway.breakdown/1"] = Field(alias="schema", default="partway.breakdown/1")
    origin: Origin
    stages: tuple[StageTerm, ...]
    hops: tuple[HopTerm, ...]
    latency_s: NonNegativeFloat
    """End to end, source to sink; a median if measured."""
    requests: Timing | None = None
    """Spread of the measured end-to-end latency."""

    @property
    def fits(self) -> bool:
        """Whether every stage stays within its node's cap."""
        return not any(stage.missing_bytes for stage in self.stages)

    @property
    def moved_bytes(self) -> int:
        """Bytes that cross a wire."""
        return sum(hop.n_bytes for hop in self.hops if hop.source != hop.target)

    @property
    def peak_bytes(self) -> int:
        """Highest memory of any node."""
        return max(stage.peak_bytes for stage in self.stages)
