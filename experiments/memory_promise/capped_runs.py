"""Capped runs: a plan's workers under the kernel's memory limits, to their answer or their end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from experiments.bench import Bench
from experiments.memory_promise.caps import Promise
from planner.engines.interface import RunResult
from planner.errors import OutOfMemoryError, PlannerError
from planner.partition import Partition
from profiler.record import Record

REQUESTS = 3
BELOW = 0.85


class Limit(StrEnum):
    """What the nodes are limited to."""

    DECLARED = "declared"
    """The cap that was planned for, on every node."""
    EXACT = "exact"
    """What each stage is predicted to need, to the byte: the tightest promise."""
    BELOW = "below"
    """As declared, but the largest stage gets 85 % of what it is predicted to need."""


class CappedRun(Record):
    """One run; lists go along the stages, in bytes."""

    model: str
    backend: str
    limit: Limit
    share: float
    """Of the declared cap between the smallest one and the whole model's need."""
    cap_bytes: int
    """Declared."""
    result: str
    """ok, killed (by the kernel, for its memory), or what else went wrong."""
    enforced: bool
    """Whether the kernel held the limits."""
    cuts: str
    nodes: str
    limits: str
    predicted: str
    measured: str = ""
    """Peaks that the workers read of themselves; empty if one was killed."""

    @property
    def over_estimates(self) -> list[float]:
        """Predicted over measured, less one, of each stage; empty if it was killed."""
        pairs = zip(self.predicted.split(), self.measured.split(), strict=False)
        return [int(predicted) / int(measured) - 1 for predicted, measured in pairs]


KEY = ("model", "backend", "limit", "share")


def run_capped(bench: Bench, partition: Partition, promise: Promise, limit: Limit) -> CappedRun:
    """Starts the plan's workers under the limits, sends some requests, and says how it ended."""
    limits = _limits(promise, limit)
    bench.set_caps(limits)
    measured = ""
    try:
        with bench.start(partition.placed(promise.document)) as running:
            found: RunResult = running.measure(bench.options(requests=REQUESTS))
        measured = _listed(stage.peak_bytes for stage in found.measurement.stages)
        result = "ok"
    except OutOfMemoryError:
        result = "killed"
    except PlannerError as error:
        result = f"{type(error).__name__}: {error}"
    cuts, nodes = promise.stages
    return CappedRun(
        model=promise.document.model,
        backend=promise.document.backend,
        limit=limit,
        share=promise.share,
        cap_bytes=promise.cap_bytes,
        result=result,
        enforced=bench.testbed is not None,
        cuts=_listed(cuts) or "none",
        nodes=" ".join(nodes),
        limits=_listed(limits[node] for node in nodes),
        predicted=_listed(promise.peaks[node] for node in nodes),
        measured=measured,
    )


def _limits(promise: Promise, limit: Limit) -> Mapping[str, int]:
    peaks = promise.peaks
    if limit is Limit.EXACT:
        return peaks
    limits = dict.fromkeys(peaks, promise.cap_bytes)
    if limit is Limit.BELOW:
        largest = max(peaks, key=lambda node: peaks[node])
        limits[largest] = round(BELOW * peaks[largest])
    return limits


def _listed(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
