"""Speed: how long a machine takes for a few kernels that models are made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from profiler.profile_records import Environment, NonNegativeInt, Timing
from profiler.record import Record

_LEAST_S = 1e-9
"""No clock tells less, and factors between two machines stay finite."""


class Work(StrEnum):
    """What bounds a kernel."""

    ARITHMETIC = "arithmetic"
    MEMORY = "memory"


class KernelTime(Record):
    """One kernel."""

    name: str
    work: Work
    flops: NonNegativeInt
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

    @model_validator(mode="after")
    def _factors_can_be_made_of_them(self) -> Self:
        names = [kernel.name for kernel in self.kernels]
        for kernel in self.kernels:
            if names.count(kernel.name) > 1:
                raise ValueError(f"kernels: several are named {kernel.name}")
            if kernel.latency.median_s < _LEAST_S:
                raise ValueError(
                    f"kernels: {kernel.name} takes {kernel.latency.median_s:g} s, less than "
                    f"{_LEAST_S:g} s: run `partway speed` again"
                )
            if kernel.work is Work.ARITHMETIC and not kernel.flops:
                raise ValueError(f"kernels: {kernel.name} has no FLOPs, but is bound by arithmetic")
        for work in Work:
            if work not in {kernel.work for kernel in self.kernels}:
                raise ValueError(f"kernels: none is bound by {work.value}, but both kinds must be")
        return self
