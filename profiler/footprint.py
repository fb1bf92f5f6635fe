"""Memory of processes that hold one stage each, measured as a worker would hold it.

`python -m profiler.footprint` reads jobs as JSON on stdin, loads the first one's stage file and
lets go of it, and forks a child for each job that loads the stage file, runs it as a worker does,
and tells its memory. A fork saves starting Python and importing again what loading imports; what
the parent already holds counts in the child too. For ONNX stages nothing here imports torch.
"""

from __future__ import annotations

import gc
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from profiler.backends import backend_named
from profiler.backends.interface import Array
from profiler.errors import BackendError
from profiler.process import (
    anonymous_bytes,
    die_with_parent,
    peak_anonymous_bytes,
    pin_allocator,
    reset_peak,
    return_freed_memory,
    thrifty_allocator,
)

_REQUESTS = 3
_LIMIT_S = 600.0
_LOOK_EVERY_S = 1e-4
_CHILD_NICENESS = 9

Spec = tuple[str, tuple[int, ...]]
"""Type and shape of a tensor."""


@dataclass(frozen=True)
class FootprintJob:
    """A stage file to load and run."""

    path: str
    received: tuple[Spec, ...]
    """All tensors of a request, also those that only pass through."""
    inputs: tuple[int, ...]
    """Which of them the stage takes, in its order."""


@dataclass(frozen=True)
class Footprint:
    """Memory of one process, with what Python and the framework take; 0 if the system is silent."""

    loading_bytes: int
    """Most that another process saw it take while it loaded the stage."""
    loaded_bytes: int
    """When it had loaded the stage and returned what that had freed."""
    running_bytes: int
    """Most from then on; wrong by pages of files that came or went: see `peak_anonymous_bytes`."""


def measure_footprints(backend: str, threads: int, jobs: Sequence[FootprintJob]) -> list[Footprint]:
    """What processes take that load and run the stages a few times, in the jobs' order.

    Args:
        backend: of all stage files.
        threads: of each process.
        jobs: the stages.

    Raises:
        BackendError: a process failed.
    """
    command = [sys.executable, "-m", "profiler.footprint"]
    order = {"backend": backend, "threads": threads, "jobs": [asdict(job) for job in jobs]}
    # `-m` looks in the working folder first: find this very package, not a namesake.
    where = Path(__file__).parents[1]
    try:
        done = subprocess.run(
            command, input=json.dumps(order), cwd=where, capture_output=True, text=True,
            timeout=_LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        limit = f"{_LIMIT_S:.0f} s"
        raise BackendError(f"the stages took over {limit} to measure their memory") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BackendError(f"the process that measures memory failed: {last}")
    return [Footprint(**fields) for fields in json.loads(done.stdout)]


def _array(spec: Sequence[Any]) -> Array:
    dtype, shape = spec
    if dtype == "bfloat16":
        import ml_dtypes

        dtype = ml_dtypes.bfloat16
    # Not `zeros`, whose pages take no memory before somebody writes to them.
    array: Array = np.empty(shape, dtype=dtype)
    array.fill(0)
    return array


def _measured(
    backend_name: str, threads: int, job: dict[str, Any], on_loaded: Callable[[], object]
) -> Footprint:
    """Loads and runs a stage in this process, with the buffers and the allocator of a worker.

    What loading takes is told as it is at its end: who looks from outside knows of more.
    """
    backend = backend_named(backend_name)
    thrifty_allocator()
    stage = backend.load(Path(job["path"]), threads=threads)
    loading = anonymous_bytes()
    on_loaded()
    return_freed_memory()
    pin_allocator()
    loaded = anonymous_bytes()
    reset_peak()
    for _ in range(_REQUESTS):
        received = [_array(spec) for spec in job["received"]]
        values = [backend.to_value(received[index]) for index in job["inputs"]]
        sent = [backend.to_array(value) for value in stage.run(values)]
        del received, values, sent
    return Footprint(loading, loaded, peak_anonymous_bytes())


def _in_child(backend: str, threads: int, job: dict[str, Any]) -> dict[str, int]:
    """The footprint of a child of its own.

    Raises:
        BackendError: the child failed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        answer: dict[str, Any] = {"error": "interrupted"}
        try:
            die_with_parent()
            os.nice(_CHILD_NICENESS)  # so that its parent looks on time on a busy machine
            answer = asdict(_measured(backend, threads, job, lambda: os.write(writing, b" ")))
        except Exception as error:  # noqa: BLE001  its parent raises it
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".split())}
        finally:  # whatever comes, a fork must not go on with its parent's work
            os.write(writing, json.dumps(answer).encode())
            os._exit(0)
    os.close(writing)
    loading = _loading_peak(child, reading)
    with os.fdopen(reading) as pipe:
        text = pipe.read().strip()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    answer = json.loads(text) if text else {"error": f"exit code {code}"}
    if "error" in answer:
        raise BackendError(f"{Path(job['path']).name}: {answer['error']}")
    return answer | {"loading_bytes": max(answer["loading_bytes"], loading)}


def _loading_peak(child: int, pipe: int) -> int:
    """Most memory that a child was seen to take before it wrote to the pipe.

    Copies of weights are there for a millisecond: it looks far more often than that.
    """
    peak = 0
    while True:
        taken = anonymous_bytes(child)
        if select.select([pipe], [], [], 0)[0]:
            return peak
        peak = max(peak, taken)
        time.sleep(_LOOK_EVERY_S)


def _import_all(order: dict[str, Any]) -> None:
    """Loads a stage for what that imports."""
    thrifty_allocator()
    backend = backend_named(order["backend"])
    for job in order["jobs"][:1]:
        backend.load(Path(job["path"]), threads=order["threads"])
    gc.collect()
    return_freed_memory()


def _main() -> int:
    order = json.loads(sys.stdin.read())
    try:
        _import_all(order)
        found = [_in_child(order["backend"], order["threads"], job) for job in order["jobs"]]
    except BackendError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
