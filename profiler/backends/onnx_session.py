"""onnxruntime sessions: the same settings wherever a model is timed or run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from profiler.errors import BackendError

if TYPE_CHECKING:
    import onnxruntime


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Settings of a session that runs on so many threads; with one it has no thread pool.

    onnxruntime would plan one buffer for all tensors of a run, and hold it beside what the first
    run had taken piece by piece: 1.2 to 2 times the memory to work with, and no faster.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


def open_session(
    model: bytes, options: onnxruntime.SessionOptions, device: str, *, where: Path | None = None
) -> onnxruntime.InferenceSession:
    """A session of a serialised model.

    Args:
        model: may refer to weights in files.
        options: settings of the session.
        device: cpu or cuda.
        where: the file it came from, for messages; none if it never was in one.

    Raises:
        BackendError: onnxruntime cannot use the device, or cannot load the model.
    """
    import onnxruntime

    provider = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}.get(device)
    if provider not in onnxruntime.get_available_providers():
        raise BackendError(f"onnxruntime here has no provider for the device {device!r}")
    try:
        return onnxruntime.InferenceSession(model, options, providers=[provider])
    except Exception as error:  # onnxruntime has no common base for its load errors
        named = "a model in memory" if where is None else where
        raise BackendError(f"onnxruntime cannot load {named}: {error}") from error
