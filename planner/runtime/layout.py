"""Memory layout: which arrays are sent as their memory, and how to rebuild their strides.

Strides are counted in elements. Kernels choose their path by the strides of their inputs, and
torch also looks at those of axes of length 1; so a dense array keeps all of its strides.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""A tensor outside of any framework; bfloat16 is ml_dtypes' numpy type."""
Strides = tuple[int, ...]

MAX_STRIDE = 2**40
"""Of an axis of length 1, where it says nothing about memory."""


def c_strides(shape: Sequence[int]) -> Strides:
    """Strides of an array whose last axis is the fastest."""
    return tuple(accumulate(reversed(shape[1:]), mul, initial=1))[::-1] if shape else ()


def dense_order(shape: Sequence[int], strides: Sequence[int]) -> tuple[int, ...] | None:
    """Axes from slowest to fastest, or none if the elements leave gaps or overlap.

    Axes of length 1 come first: they may have any stride.
    """
    order = sorted(range(len(shape)), key=lambda axis: (shape[axis] != 1, -strides[axis]))
    expected = 1
    for axis in reversed(order):
        if shape[axis] == 1:
            if not 0 <= strides[axis] <= MAX_STRIDE:
                return None
        elif strides[axis] != expected:
            return None
        expected *= shape[axis]
    return tuple(order)


def to_memory(array: Array) -> tuple[NDArray[np.uint8], Strides | None]:
    """The bytes of an array in the order of its memory, and its strides unless they are C's.

    A dense array is not copied. One with gaps or overlaps becomes a C-contiguous copy.
    """
    strides = _element_strides(array)
    order = None if strides is None else dense_order(array.shape, strides)
    if array.size == 0 or order is None:
        return _as_bytes(np.array(array, order="C", copy=True)), None
    memory = _as_bytes(array.transpose(order))
    return memory, None if strides == c_strides(array.shape) else strides


def from_memory(
    memory: NDArray[np.uint8], dtype: np.dtype[Any], shape: Strides, strides: Strides | None
) -> Array:
    """The array that lies in the given bytes; it shares them.

    Raises:
        ValueError: the array does not fill the bytes exactly.
    """
    if prod(shape) * dtype.itemsize != memory.size:
        raise ValueError(f"shape {list(shape)} of {dtype.name} does not fill {memory.size} bytes")
    if strides is None:
        return memory.view(dtype).reshape(shape)
    if len(strides) != len(shape) or not memory.size or dense_order(shape, strides) is None:
        raise ValueError(f"strides {list(strides)} leave gaps in shape {list(shape)}, or overlap")
    steps = tuple(stride * dtype.itemsize for stride in strides)
    return np.ndarray(shape, dtype, buffer=memory, strides=steps)


def _element_strides(array: Array) -> Strides | None:
    if any(step % array.itemsize for step in array.strides):
        return None
    return tuple(step // array.itemsize for step in array.strides)


def _as_bytes(array: Array) -> NDArray[np.uint8]:
    # Unlike ravel, reshape(-1) of a C-contiguous array is never a copy.
    return array.reshape(-1).view(np.uint8)
