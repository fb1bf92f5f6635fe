"""Backend `onnx`: parts run on onnxruntime. Loading and running one needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from profiler.backends.interface import Array
from profiler.backends.onnx_session import open_session, session_options

if TYPE_CHECKING:
    import onnxruntime

    from profiler.backends.onnx_trace import OnnxTracer
    from profiler.carve import Carving


class OnnxBackend:
    """Parts as ONNX models, with all weights inside the file."""

    name = "onnx"
    suffix = ".onnx"
    tolerance = 1e-4
    """onnxruntime fuses and reorders operators: sums round differently."""

    def skip_reason(self) -> str | None:
        """Why onnxruntime cannot be used here, or none."""
        if find_spec("onnxruntime") is None:
            return "onnxruntime is not installed: pip install onnxruntime"
        return None

    def build(self, carvings: Sequence[Carving]) -> list[bytes]:
        """Serialised ONNX models of the given parts of one captured model."""
        from profiler.backends.onnx_export import export_parts

        return export_parts(carvings)

    def prepare(self, program: bytes, *, threads: int, device: str = "cpu") -> OnnxExecutable:
        """Loads a serialised model."""
        return OnnxExecutable(open_session(program, session_options(threads), device))

    def save(self, program: bytes, path: Path) -> None:
        """Writes a serialised model as it is."""
        path.write_bytes(program)

    def load(self, path: Path, *, threads: int, device: str = "cpu") -> OnnxExecutable:
        """Loads a model file."""
        return OnnxExecutable(open_session(str(path), session_options(threads), device))

    def tracer(self, whole: bytes, blocks: Sequence[bytes], *, threads: int) -> OnnxTracer:
        """Runs the whole model with onnxruntime's trace of its operators."""
        from profiler.backends.onnx_trace import OnnxTracer

        return OnnxTracer(whole, blocks, threads=threads)

    def to_value(self, array: Array, *, device: str = "cpu") -> Array:
        """The array itself: onnxruntime wants its inputs C-contiguous."""
        return np.asarray(array, order="C")

    def to_array(self, value: Array) -> Array:
        """The array itself."""
        return value


class OnnxExecutable:
    """An onnxruntime session."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._inputs = [port.name for port in session.get_inputs()]
        self._outputs = [port.name for port in session.get_outputs()]

    def run(self, inputs: Sequence[Array]) -> Sequence[Array]:
        """Outputs for inputs, both in the part's order."""
        feeds = dict(zip(self._inputs, inputs, strict=True))
        results: list[Any] = self._session.run(self._outputs, feeds)
        return results
