"""Kernels that stand for what models spend their time on, for onnxruntime or for numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from profiler.backends.onnx_runtime import OnnxBackend
from profiler.errors import BackendError
from profiler.reference import COPIED_BYTES, PRODUCTS_FLOPS, array_copy, matrix_products
from profiler.speed_records import Work

if TYPE_CHECKING:
    import onnx

_SIDE = 56
"""Of an image."""


@dataclass(frozen=True)
class Kernel:
    """Something to call and time."""

    name: str
    work: Work
    flops: int
    call: Callable[[], object]


def kernels_of(runtime: str, threads: int) -> tuple[Kernel, ...]:
    """The kernels for a runtime, ready to call.

    Raises:
        BackendError: numpy alone cannot be told how many threads to use.
    """
    if runtime == "onnxruntime":
        return _onnx_kernels(threads)
    if threads != 1:
        raise BackendError(
            f"numpy alone computes on one thread, not on {threads}: install onnxruntime"
        )
    return _numpy_kernels()


def _onnx_kernels(threads: int) -> tuple[Kernel, ...]:
    """A dense, a pointwise and a depthwise convolution, an activation, a matrix times a vector."""
    return (
        _convolution("dense 3x3 convolution", 64, 64, threads=threads),
        _convolution("pointwise convolution", 128, 128, size=1, threads=threads),
        _convolution("depthwise 3x3 convolution", 144, 144, groups=144, threads=threads),
        _onnx_kernel(
            "activation", "HardSwish", Work.MEMORY, (1, 144, _SIDE, _SIDE), threads=threads
        ),
        _onnx_kernel(
            "matrix times vector", "MatMul", Work.MEMORY, (1, 2048), (2048, 1000), threads=threads
        ),
    )


def _convolution(
    name: str, channels: int, filters: int, *, size: int = 3, groups: int = 1, threads: int
) -> Kernel:
    weight = (filters, channels // groups, size, size)
    # A depthwise convolution does few operations with every number that it reads.
    work = Work.MEMORY if groups == channels else Work.ARITHMETIC
    attributes = {"group": groups, "pads": [size // 2] * 4}
    shape = (1, channels, _SIDE, _SIDE)
    return _onnx_kernel(name, "Conv", work, shape, weight, threads=threads, **attributes)


def _onnx_kernel(
    name: str,
    operator: str,
    work: Work,
    shape: tuple[int, ...],
    weight: tuple[int, ...] | None = None,
    *,
    threads: int,
    **attributes: object,
) -> Kernel:
    """One operator on an input, with a weight of its own if it takes one."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    drawn = [] if weight is None else [rng.standard_normal(weight, dtype=np.float32)]
    ports = [
        helper.make_tensor_value_info(port, TensorProto.FLOAT, dims)
        for port, dims in (("x", shape), ("y", None))
    ]
    node = helper.make_node(operator, ["x", "w"] if drawn else ["x"], ["y"], **attributes)
    graph = helper.make_graph(
        [node], "kernel", ports[:1], ports[1:], [numpy_helper.from_array(w, "w") for w in drawn]
    )
    executable = OnnxBackend().prepare(_serialised(graph), threads=threads)
    inputs = [rng.standard_normal(shape, dtype=np.float32)]
    n_flops = 0 if weight is None else _flops(operator, weight)
    return Kernel(name, work, n_flops, lambda: executable.run(inputs))


def _serialised(graph: onnx.GraphProto) -> bytes:
    from onnx import helper

    opsets = [helper.make_opsetid("", 17)]
    model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    return model


def _flops(operator: str, weight: tuple[int, ...]) -> int:
    """A multiply-add is 2: each weight meets every pixel of an image, or one row of a vector."""
    return 2 * prod(weight) * (_SIDE * _SIDE if operator == "Conv" else 1)


def _numpy_kernels() -> tuple[Kernel, ...]:
    """Both parts of the reference computation, and one that reads, compares and writes."""
    source = np.ones(COPIED_BYTES // 4, dtype=np.float32)
    target = np.zeros_like(source)
    return (
        Kernel("small matrix products", Work.ARITHMETIC, PRODUCTS_FLOPS, matrix_products()),
        Kernel("maximum", Work.MEMORY, 0, lambda: np.maximum(source, 0.5, out=target)),
        Kernel("copy", Work.MEMORY, 0, array_copy()),
    )
