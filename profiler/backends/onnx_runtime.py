"""Backend `onnx`: parts run on onnxruntime. Loading and running one needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from profiler.backends.interface import Array
from profiler.backends.onnx_session import open_session, session_options
from profiler.backends.onnx_wire import aligned, without_weights
from profiler.process import hold_mapped

if TYPE_CHECKING:
    import onnxruntime

    from profiler.backends.onnx_trace import OnnxTracer
    from profiler.carve import Carving

_OPSET, _IR_VERSION = 20, 10
_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
"""Where onnxruntime looks for the file that a model given as bytes refers to."""


class OnnxBackend:
    """Parts as ONNX models, with all weights inside the file."""

    name = "onnx"
    framework = "onnxruntime"
    suffix = ".onnx"
    memory_groups = 100
    """Each takes about 0.03 s."""
    loads_in_place = False
    """It reorders the weights of some operators, and holds them twice meanwhile."""
    gap_ratio = 0.5
    """Its arena doubles. 200 random stages of five models took up to 1.9 MiB more than this."""
    margin_bytes = 2 * 2**20
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

    def weightless(self) -> bytes:
        """A ReLU, of the version that exported parts have, without the seconds of exporting."""
        from onnx import TensorProto, helper

        x, y = (helper.make_tensor_value_info(port, TensorProto.FLOAT, (1,)) for port in "xy")
        graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "weightless", [x], [y])
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        return bytes(model.SerializeToString())

    def prepare(self, program: bytes, *, threads: int, device: str = "cpu") -> OnnxExecutable:
        """Loads a serialised model."""
        return OnnxExecutable(open_session(program, session_options(threads), device))

    def save(self, program: bytes, path: Path) -> None:
        """Writes a serialised model, laid out so that loading can map its weights."""
        path.write_bytes(aligned(program))

    def load(self, path: Path, *, threads: int, device: str = "cpu") -> OnnxExecutable:
        """Loads a model file; its large weights are mapped, not held once more while it loads.

        Those that onnxruntime has not copied by then are read into memory of the process: else a
        node that is short of memory would read them from disk again at every request.
        """
        path = path.resolve()
        options = session_options(threads)
        options.add_session_config_entry(_WEIGHTS_FOLDER, str(path.parent))
        session = open_session(without_weights(path), options, device, where=path)
        hold_mapped(path)
        return OnnxExecutable(session)

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
