"""Reference computation: the same small work at every time, to see how fast a machine is now.

It is timed when a model is profiled and again when its parts are run. It needs numpy alone, so
that a machine without torch or onnxruntime can run it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import sqrt

import numpy as np

from profiler.profile_records import ReferenceTimes

_REPEATS = 5
_SIDE = 56
"""Up to it OpenBLAS never divides a product among threads, whatever the machine offers."""
_PRODUCTS = 240
PRODUCTS_FLOPS = 2 * _SIDE**3 * _PRODUCTS
"""Of all matrix products; a multiply-add is 2."""
COPIED_BYTES = 8 * 2**20
"""Beyond what a core's own caches hold."""


def time_reference(now_s: Callable[[], float] = time.perf_counter) -> ReferenceTimes:
    """Times both parts, in turn, in about 30 ms; each is the median of its repeats.

    The first part is bound by arithmetic, the second by memory. Both run on the calling thread.
    """
    multiply, copy = matrix_products(), array_copy()
    compute_s, memory_s = [], []
    for _ in range(1 + _REPEATS):
        start_s = now_s()
        multiply()
        middle_s = now_s()
        copy()
        compute_s.append(middle_s - start_s)
        memory_s.append(now_s() - middle_s)
    return ReferenceTimes(
        compute_s=float(np.median(compute_s[1:])), memory_s=float(np.median(memory_s[1:]))
    )


def matrix_products() -> Callable[[], None]:
    """Multiplies small matrices that stay in a core's caches; the operands are made once."""
    factors = np.full((_PRODUCTS, _SIDE, _SIDE), 1.0 / _SIDE, dtype=np.float32)
    product = np.empty((_SIDE, _SIDE), dtype=np.float32)

    def multiply() -> None:
        for factor in factors:
            np.matmul(factors[0], factor, out=product)

    return multiply


def array_copy() -> Callable[[], None]:
    """Copies an array that does not fit into a core's caches; both arrays are made once."""
    source = np.ones(COPIED_BYTES, dtype=np.uint8)
    target = np.zeros_like(source)  # written once, so that no page is new when it is timed
    return lambda: np.copyto(target, source)


def relative_speed(now: ReferenceTimes, then: ReferenceTimes) -> float:
    """How fast a machine is now, as a multiple of how fast it, or another one, was then.

    It is the geometric mean of the two parts' ratios: neither part's share of a model's time is
    known, and the mean of ratios must not depend on which of them is above.
    """
    return sqrt(then.compute_s / now.compute_s * (then.memory_s / now.memory_s))
