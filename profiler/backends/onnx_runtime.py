"""Backend `onnx`: parts run on onnxruntime. Loading and running one needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from profiler.backends.interface import Array
from profiler.errors import BackendError

if TYPE_CHECKING:
    import onnxruntime

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
        return OnnxExecutable(_session(program, threads, device))

    def save(self, program: bytes, path: Path) -> None:
        """Writes a serialised model as it is."""
        path.write_bytes(program)

    def load(self, path: Path, *, threads: int, device: str = "cpu") -> OnnxExecutable:
        """Loads a model file."""
        return OnnxExecutable(_session(str(path), threads, device))

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


def _session(model: bytes | str, threads: int, device: str) -> onnxruntime.InferenceSession:
    import onnxruntime

    provider = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}.get(device)
    if provider not in onnxruntime.get_available_providers():
        raise BackendError(f"onnxruntime here has no provider for the device {device!r}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=[provider])
    except Exception as error:  # onnxruntime has no common base for its load errors
        where = model if isinstance(model, str) else "model in memory"
        raise BackendError(f"onnxruntime cannot load {where}: {error}") from error
