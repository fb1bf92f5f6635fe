"""Memory of a process that holds one stage, measured in a process of its own.

`python -m profiler.footprint` reads one job as JSON on stdin, loads the stage file, runs it, and
prints the process's peak anonymous memory. For an ONNX stage it never imports torch.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from profiler.backends import backend_named
from profiler.errors import BackendError
from profiler.process import peak_anonymous_bytes, pin_allocator

_REQUESTS = 3
_LIMIT_S = 300.0


@dataclass(frozen=True)
class FootprintJob:
    """A stage file to load and run."""

    backend: str
    path: str
    threads: int
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    """Type and shape of each input."""


def measure_footprint(job: FootprintJob) -> int:
    """Peak anonymous bytes of a new process that loads and runs the stage a few times.

    Raises:
        BackendError: the process failed.
    """
    command = [sys.executable, "-m", "profiler.footprint"]
    # `-m` looks in the working folder first: find this very package, not a namesake.
    where = Path(__file__).parents[1]
    try:
        done = subprocess.run(
            command, input=json.dumps(asdict(job)), cwd=where, capture_output=True, text=True,
            timeout=_LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        limit = f"{_LIMIT_S:.0f} s"
        raise BackendError(f"a stage took over {limit} to measure its memory") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BackendError(f"the process that measures memory failed: {last}")
    return int(json.loads(done.stdout)["peak_bytes"])


def _array(dtype: str, shape: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    if dtype == "bfloat16":
        import ml_dtypes

        return np.zeros(shape, dtype=ml_dtypes.bfloat16)
    return np.zeros(shape, dtype=dtype)


def _main() -> None:
    job = json.loads(sys.stdin.read())
    backend = backend_named(job["backend"])
    stage = backend.load(Path(job["path"]), threads=job["threads"])
    pin_allocator()  # after loading, as a worker does
    for _ in range(_REQUESTS):
        values = [backend.to_value(_array(dtype, shape)) for dtype, shape in job["inputs"]]
        for value in stage.run(values):
            backend.to_array(value)
    sys.stdout.write(json.dumps({"peak_bytes": peak_anonymous_bytes()}))


if __name__ == "__main__":
    _main()
