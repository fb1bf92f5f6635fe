"""Speed of this machine: kernels timed in turn. Needs no torch."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from math import ceil

import numpy as np

from profiler.devices.cpu import CpuDevice
from profiler.measure import timing
from profiler.process import pin_allocator
from profiler.profile_records import Environment
from profiler.speed_kernels import Kernel, kernels_of
from profiler.speed_records import KernelTime, SpeedRecord

_ROUNDS = 15
_SAMPLE_S = 0.02
"""Long against the periods for which a scheduler stops a process that has used up its share."""


def measure_speed(
    threads: int = 1,
    *,
    runtime: str | None = None,
    now_s: Callable[[], float] = time.perf_counter,
) -> SpeedRecord:
    """Times every kernel in turn, round after round, in about two seconds.

    Args:
        threads: that a kernel may use.
        runtime: onnxruntime or numpy; if not given, onnxruntime where it is installed.
        now_s: the clock.

    Raises:
        BackendError: the runtime cannot use so many threads.
    """
    runtime = runtime or _best_runtime()
    allocator = pin_allocator()
    kernels = kernels_of(runtime, threads)
    samples_s = _time(kernels, now_s)
    return SpeedRecord(
        runtime=runtime,
        kernels=tuple(
            KernelTime(name=k.name, work=k.work, flops=k.flops, latency=timing(column))
            for k, column in zip(kernels, np.transpose(samples_s).tolist(), strict=True)
        ),
        environment=Environment(
            machine=platform.platform(),
            processor=CpuDevice().description(),
            device="cpu",
            threads=threads,
            python=platform.python_version(),
            packages={runtime: version(runtime), "numpy": version("numpy")},
            allocator=allocator,
        ),
    )


def _best_runtime() -> str:
    found = all(find_spec(name) for name in ("onnx", "onnxruntime"))
    return "onnxruntime" if found else "numpy"


def _time(kernels: Sequence[Kernel], now_s: Callable[[], float]) -> list[list[float]]:
    """Seconds of one call, per round and kernel; two calls each warm up, the second sizes samples.

    Interleaving the kernels lets a slow phase of the machine meet all of them.
    """
    calls = []
    for kernel in kernels:
        _mean_s(kernel, 1, now_s)
        calls.append(max(1, ceil(_SAMPLE_S / max(_mean_s(kernel, 1, now_s), 1e-9))))
    return [
        [_mean_s(kernel, n, now_s) for kernel, n in zip(kernels, calls, strict=True)]
        for _ in range(_ROUNDS)
    ]


def _mean_s(kernel: Kernel, n_calls: int, now_s: Callable[[], float]) -> float:
    start_s = now_s()
    for _ in range(n_calls):
        kernel.call()
    return (now_s() - start_s) / n_calls
