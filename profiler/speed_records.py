"""Speed: how long a machine takes for a few kernels that models are made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from profiler.profile_records import Environment, Timing
from profiler.record import Record


class Work(StrEnum):
    """What bounds a kernel."""

    ARITHMETIC = "arithmetic"
    MEMORY = "memory"


class KernelTime(Record):
    """One kernel."""

    name: str
    work: Work
    flops: int = Field(ge=0)
    """Of one call; a multiply-add is 2."""
    latency: Timing
    """Of one call. Each sample is a mean over calls in a row that take about 20 ms together, so
    that a machine which is stopped and let go again every few milliseconds shows its mean speed."""


class SpeedRecord(Record):
    """A file that `partway speed` writes on one machine."""

    schema_: Literal["partway.speed/1"] = Field(alias="schema", default="partway.speed/1")
    runtime: str
    """What ran the kernels: onnxruntime, or numpy where that is not installed."""
    kernels: tuple[KernelTime, ...] = Field(min_length=1)
    environment: Environment
