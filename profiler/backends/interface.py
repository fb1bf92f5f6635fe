"""How a part of a model executes. Importable without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

if TYPE_CHECKING:
    from profiler.carve import Carving

Array = NDArray[Any]
"""A tensor outside of any framework; bfloat16 is ml_dtypes' numpy type."""
Value = Any
"""A tensor as the backend holds it: a torch.Tensor, or an Array."""
Program = Any
"""A part of a model as the backend holds it before it runs: a module, or a model's bytes."""


class Executable(Protocol):
    """A part of a model, ready to run on its device."""

    def run(self, inputs: Sequence[Value]) -> Sequence[Value]:
        """Outputs for inputs, both in the part's order."""
        ...


class Backend(Protocol):
    """Builds, stores, loads and runs parts of a model."""

    name: str
    suffix: str
    """Ending of a stage file, with the dot."""
    tolerance: float
    """Largest relative difference from the original that is accepted; 0 asks for equal bits."""

    def skip_reason(self) -> str | None:
        """Why the backend cannot be used here, or none."""
        ...

    def build(self, carvings: Sequence[Carving]) -> list[Program]:
        """Programs of the given parts of one captured model."""
        ...

    def prepare(self, program: Program, *, threads: int, device: str = "cpu") -> Executable:
        """Makes a program ready to run from memory."""
        ...

    def save(self, program: Program, path: Path) -> None:
        """Writes a program as one standalone file."""
        ...

    def load(self, path: Path, *, threads: int, device: str = "cpu") -> Executable:
        """Makes a stage file ready to run; the same kernels as `prepare`."""
        ...

    def to_value(self, array: Array, *, device: str = "cpu") -> Value:
        """The backend's tensor of an array; may share its memory, keeps its strides if it can."""
        ...

    def to_array(self, value: Value) -> Array:
        """The array of a backend's tensor; may share its memory."""
        ...
