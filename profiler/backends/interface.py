"""How a part of a model executes. Importable without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
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


@dataclass(frozen=True)
class Trace:
    """How long blocks took."""

    times_s: NDArray[np.float64]
    """Seconds, shape (runs, blocks)."""
    named_share: float
    """Share of the time that could be told to belong to a block; the rest went to a neighbour."""


class Tracer(Protocol):
    """A whole model that tells how long each block took inside it."""

    def run(self, inputs: Sequence[Value]) -> None:
        """Runs the model once."""
        ...

    def finish(self) -> Trace:
        """Ends the trace, and tells what was in it; asked for once."""
        ...


class Backend(Protocol):
    """Builds, stores, loads and runs parts of a model."""

    name: str
    framework: str
    """The module that every process imports which runs a stage."""
    suffix: str
    """Ending of a stage file, with the dot."""
    memory_groups: int
    """Into how many groups of blocks a model is divided at most to measure their memory."""
    loads_in_place: bool
    """Whether loading copies no weight, so that it takes next to nothing beside what it keeps."""
    gap_ratio: float
    """Of a block's live activations: memory between them that more blocks in a process waste."""
    margin_bytes: int
    """By how much the memory of two processes that hold the same stage may differ."""
    tolerance: float
    """Largest relative difference from the original that is accepted; 0 asks for equal bits."""

    def skip_reason(self) -> str | None:
        """Why the backend cannot be used here, or none."""
        ...

    def build(self, carvings: Sequence[Carving]) -> list[Program]:
        """Programs of the given parts of one captured model."""
        ...

    def weightless(self) -> Program:
        """One operator without weights, of one float32: what is in a process beside any part."""
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

    def tracer(self, whole: Program, blocks: Sequence[Program], *, threads: int) -> Tracer | None:
        """Runs `whole` and tells what each block takes in it; none if its parts run as by itself.

        Args:
            whole: the unsplit model.
            blocks: its parts, in order, built together with it.
            threads: as for `prepare`.
        """
        ...

    def to_value(self, array: Array, *, device: str = "cpu") -> Value:
        """The backend's tensor of an array; may share its memory, keeps its strides if it can."""
        ...

    def to_array(self, value: Value) -> Array:
        """The array of a backend's tensor; may share its memory."""
        ...
