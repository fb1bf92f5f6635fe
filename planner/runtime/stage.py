"""A loaded stage: tensors in, tensors for the next hop out, and when it computed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.runtime.errors import JobError
from planner.runtime.job import Job
from planner.runtime.layout import Array
from planner.runtime.pacing import wait_until
from profiler.backends import backend_named


@dataclass(frozen=True)
class StageRun:
    """What one run of a stage gave."""

    sends: dict[str, Array]
    start_s: float
    """By `time.monotonic()`, when the inputs are in the backend's form."""
    end_s: float
    """When all outputs are there; later than that by the job's slowdown."""


class LoadedStage:
    """A stage file, ready to run.

    Raises:
        BackendError: the backend is missing or cannot load the file.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._backend = backend_named(job.backend)
        self._executable = self._backend.load(Path(job.file), threads=job.threads)

    def run(self, tensors: Mapping[str, Array]) -> StageRun:
        """Runs the stage on what the last hop brought; the rest passes through untouched.

        Raises:
            JobError: a tensor is missing that the stage needs or shall send.
            Exception: whatever the backend raises.
        """
        job, backend = self._job, self._backend
        values = [backend.to_value(array) for array in _pick(tensors, job.inputs, "takes")]
        start_s = time.monotonic()
        results = self._executable.run(values)
        end_s = self._dilated(start_s)
        known = {**tensors, **self._outputs(results)}
        return StageRun(
            dict(zip(job.sends, _pick(known, job.sends, "sends"), strict=True)), start_s, end_s
        )

    def _dilated(self, start_s: float) -> float:
        end_s = time.monotonic()
        if self._job.slowdown > 1:
            # In-process dilation is exact and leaves the CPU to the others.
            wait_until(start_s + (end_s - start_s) * self._job.slowdown)
            end_s = time.monotonic()
        return end_s

    def _outputs(self, results: Sequence[Any]) -> dict[str, Array]:
        names = self._job.outputs
        if len(results) != len(names):
            raise JobError(f"the stage file has {len(results)} results, expected {list(names)}")
        return {
            name: self._backend.to_array(value) for name, value in zip(names, results, strict=True)
        }


def _pick(tensors: Mapping[str, Array], names: Sequence[str], verb: str) -> list[Array]:
    missing = [name for name in names if name not in tensors]
    if missing:
        raise JobError(f"the stage {verb} {missing}, but has only {sorted(tensors)}")
    return [tensors[name] for name in names]
