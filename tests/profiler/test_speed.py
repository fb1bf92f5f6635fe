"""Kernels are timed in turn, each sample over enough calls."""

from itertools import count

import pytest

from profiler.errors import BackendError
from profiler.speed import _best_runtime, _time, measure_speed
from profiler.speed_kernels import Kernel, kernels_of
from profiler.speed_records import Work


class Clock:
    """A clock that kernels move on, and the order in which they were called."""

    def __init__(self):
        self.now = 0.0
        self.calls = []

    def kernel(self, name, seconds):
        def call():
            self.now += seconds
            self.calls.append(name)

        return Kernel(name, Work.MEMORY, 0, call)


def test_each_sample_is_the_mean_of_calls_that_take_twenty_milliseconds_together():
    clock = Clock()
    samples = _time([clock.kernel("short", 0.004), clock.kernel("long", 0.05)], lambda: clock.now)
    assert all(row == pytest.approx([0.004, 0.05]) for row in samples)
    warm_up = ["short"] * 2 + ["long"] * 2
    assert clock.calls == warm_up + (["short"] * 5 + ["long"]) * len(samples)


def test_a_record_keeps_the_samples_of_every_kernel_to_the_nanosecond():
    """Every call takes a third of a second by this clock."""
    readings = count()
    record = measure_speed(runtime="numpy", now_s=lambda: next(readings) / 3)
    for kernel in record.kernels:
        assert kernel.latency.median_s == pytest.approx(1 / 3)
        assert kernel.latency.samples_s == (0.333333333,) * kernel.latency.n


def test_onnxruntime_runs_the_kernels_where_it_is_installed():
    assert _best_runtime() == "onnxruntime"


@pytest.mark.parametrize("runtime", ["onnxruntime", "numpy"])
def test_kernels_run_and_cover_both_kinds_of_work(runtime):
    kernels = kernels_of(runtime, 1)
    assert {kernel.work for kernel in kernels} == set(Work)
    assert all(kernel.flops > 0 for kernel in kernels if kernel.work is Work.ARITHMETIC)
    assert len({kernel.name for kernel in kernels}) == len(kernels)
    for kernel in kernels:
        kernel.call()


def test_the_flops_of_a_convolution_count_every_weight_at_every_pixel():
    dense = kernels_of("onnxruntime", 1)[0]
    assert dense.flops == 2 * (64 * 64 * 3 * 3) * 56 * 56


def test_numpy_alone_refuses_more_threads():
    with pytest.raises(BackendError, match="one thread, not on 2: install onnxruntime"):
        kernels_of("numpy", 2)
