"""Backends: how parts of a model execute. One file per backend, chosen by name."""

from __future__ import annotations

from profiler.backends.interface import Backend
from profiler.errors import BackendError

NAMES = ("torch", "onnx")


def backend_named(name: str) -> Backend:
    """The backend of that name; its framework is imported only when it is used.

    Raises:
        BackendError: unknown name, or the backend's packages are missing.
    """
    backend: Backend
    if name == "torch":
        from profiler.backends.torch_export import TorchBackend

        backend = TorchBackend()
    elif name == "onnx":
        from profiler.backends.onnx_runtime import OnnxBackend

        backend = OnnxBackend()
    else:
        raise BackendError(f"unknown backend {name!r}: choose one of {', '.join(NAMES)}")
    reason = backend.skip_reason()
    if reason is not None:
        raise BackendError(f"backend {name!r} cannot be used here: {reason}")
    return backend
