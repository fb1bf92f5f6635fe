"""Block timers: ways to tell how long each block takes while the whole model runs.

`BlocksInSequence` runs every block by itself, one after another. It is right where a backend
runs operators one by one. A backend that rearranges a model as a whole (fuses operators, changes
the layout between them) offers a timer of its own: see `Backend.tracer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from profiler.backends.interface import Executable, Trace, Tracer, Value
from profiler.devices.interface import Device
from profiler.profile_records import Attribution


@dataclass(frozen=True)
class Part:
    """Something runnable, with the names of the tensors that it reads and produces."""

    executable: Executable
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class BlockTimer(Protocol):
    """Runs all blocks of a model, and tells their times."""

    attribution: Attribution

    def run(self) -> None:
        """Runs them once on the sample input."""
        ...

    def finish(self) -> Trace:
        """What the runs took; asked for once, at the end."""
        ...


class BlocksInSequence:
    """Runs blocks one after another, each by itself, with the clock read between them.

    Tensors are released after their last reader, as the whole model does.

    Args:
        blocks: together they compute the model.
        inputs: the sample input by tensor name.
        device: its clock is read.
        rest_s: pause before each block but the first; without one, they run as one.
    """

    attribution = Attribution.SEQUENCE

    def __init__(
        self,
        blocks: Sequence[Part],
        inputs: Mapping[str, Value],
        device: Device,
        *,
        rest_s: float = 0.0,
    ) -> None:
        self._blocks = blocks
        self._inputs = inputs
        self._device = device
        self._rest_s = rest_s
        self._released = _last_readers(blocks)
        self._rows_s: list[list[float]] = []

    def run(self) -> None:
        """Runs them once on the sample input."""
        values = dict(self._inputs)
        row_s: list[float] = []
        before_s = self._device.now_s()
        for block, names in zip(self._blocks, self._released, strict=True):
            if row_s and self._rest_s:
                self._device.rest(self._rest_s)
                before_s = self._device.now_s()
            outputs = block.executable.run([values[name] for name in block.inputs])
            values.update(zip(block.outputs, outputs, strict=True))
            del outputs
            for name in names:
                del values[name]
            after_s = self._device.now_s()
            row_s.append(after_s - before_s)
            before_s = after_s
        self._rows_s.append(row_s)

    def finish(self) -> Trace:
        """What the runs took."""
        return Trace(times_s=np.asarray(self._rows_s, dtype=np.float64), named_share=1.0)


class BlocksInWhole:
    """Runs the whole model, and lets the backend tell how long each block took inside it."""

    attribution = Attribution.TRACE

    def __init__(self, tracer: Tracer, inputs: Sequence[Value]) -> None:
        self._tracer = tracer
        self._inputs = inputs

    def run(self) -> None:
        """Runs the model once on the sample input."""
        self._tracer.run(self._inputs)

    def finish(self) -> Trace:
        """What the runs took."""
        return self._tracer.finish()


def _last_readers(blocks: Sequence[Part]) -> list[tuple[str, ...]]:
    """Names that nobody needs any more, by the block after which they can go."""
    released: list[tuple[str, ...]] = []
    read_later: set[str] = set()
    for block in reversed(blocks):
        released.append(tuple(sorted({*block.inputs, *block.outputs} - read_later)))
        read_later.update(block.inputs)
    return released[::-1]
