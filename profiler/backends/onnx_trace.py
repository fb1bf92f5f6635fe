"""Where the time of a whole ONNX model goes, by onnxruntime's own trace of its operators.

onnxruntime rearranges a model before it runs it: it fuses operators and keeps tensors in a blocked
layout between convolutions. A block that runs by itself is rearranged by itself, and also changes
the layout at both of its ends, so that blocks take together longer than the model and some of
them far more than others. The trace tells what happens inside the model as it runs.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from profiler.backends.interface import Array, Trace
from profiler.backends.onnx_session import open_session, session_options

_STEPS = 3
"""How far before the tensor that a fused operator makes its own operator may be."""
_KERNEL = "_kernel_time"
_EXECUTED = "SequentialExecutor::Execute"
_BLOCKED_LAYOUT = "_nchwc"
"""What onnxruntime adds to a tensor's name to name the convolution that makes it."""
_FUSED = "Fused"
_TO_BLOCKED_LAYOUT = "ReorderInput"


@dataclass(frozen=True)
class Operator:
    """An operator of the model as it was exported."""

    block: int
    op_type: str
    inputs: tuple[str, ...]
    """Tensors that it reads."""


class OnnxTracer:
    """Runs a whole model with tracing on."""

    def __init__(self, whole: bytes, blocks: Sequence[bytes], *, threads: int) -> None:
        self._operators = _operators(blocks)
        self._n_blocks = len(blocks)
        self._folder = tempfile.TemporaryDirectory(prefix="partway-trace-")
        options = session_options(threads)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(self._folder.name) / "trace")
        self._session = open_session(whole, options, "cpu")
        self._inputs = [port.name for port in self._session.get_inputs()]

    def run(self, inputs: Sequence[Array]) -> None:
        """Runs the model once."""
        self._session.run(None, dict(zip(self._inputs, inputs, strict=True)))

    def finish(self) -> Trace:
        """Ends the trace, and tells what was in it."""
        with self._folder:
            events = json.loads(Path(self._session.end_profiling()).read_text())
        return trace_of(events, self._operators, self._n_blocks)


def trace_of(
    events: Sequence[Mapping[str, Any]], operators: Mapping[str, Operator], n_blocks: int
) -> Trace:
    """What every block took in every traced run.

    An operator takes from its start to the start of the next one, and the last one until the run
    ends, so that a row adds up to its run: what happens between operators is not lost.

    Args:
        events: of the trace file, in its order: a run's operators, then the run itself.
        operators: of the model as it was exported, by name and by each tensor that they make.
        n_blocks: of them.
    """
    rows_us: list[list[float]] = []
    total_us = named_us = 0.0
    traced: list[Mapping[str, Any]] = []
    for event in events:
        if event["cat"] == "Node" and event["name"].endswith(_KERNEL):
            traced.append(event)
        elif event["name"] == _EXECUTED:
            known = [_place(kernel, operators) for kernel in traced]
            blocks = _with_neighbours(known, [kernel["name"] for kernel in traced])
            row_us = [0.0] * n_blocks
            for block, is_named, spent_us in zip(
                blocks, known, _spent_us(traced, event), strict=True
            ):
                row_us[block] += spent_us
                total_us += spent_us
                named_us += 0.0 if is_named is None else spent_us
            rows_us.append(row_us)
            traced = []
    return Trace(
        times_s=np.asarray(rows_us, dtype=np.float64) * 1e-6,
        named_share=named_us / total_us if total_us else 1.0,
    )


def _spent_us(traced: Sequence[Mapping[str, Any]], run: Mapping[str, Any]) -> list[float]:
    starts_us = [run["ts"], *(kernel["ts"] for kernel in traced[1:]), run["ts"] + run["dur"]]
    return [stop - start for start, stop in pairwise(starts_us)] if traced else []


def _place(kernel: Mapping[str, Any], operators: Mapping[str, Operator]) -> int | None:
    """The block of an operator of the rearranged model, if its name tells.

    It keeps its name, or is named after the tensor that it makes. Where it took later operators
    in (an activation after a convolution), it counts as the one that it is of: a cut between the
    two leaves the convolution before it.
    """
    name = str(kernel["name"]).removesuffix(_KERNEL)
    operator = operators.get(name)
    if operator is None and _BLOCKED_LAYOUT in name:
        operator = operators.get(name[: name.rindex(_BLOCKED_LAYOUT)])
    if operator is None:
        return None
    op_type = str(kernel["args"]["op_name"]).removeprefix(_FUSED)
    nearest = [operator]
    for _ in range(_STEPS):
        for candidate in nearest:
            if candidate.op_type == op_type:
                return candidate.block
        nearest = [operators[i] for c in nearest for i in c.inputs if i in operators]
    return operator.block


def _with_neighbours(known: Sequence[int | None], names: Sequence[str]) -> list[int]:
    """The block of each operator in the order in which they run, also where no name tells it.

    Such an operator changes a layout: for the operator after it if into the blocked layout, else
    for the one before.
    """
    before, after = _carried(known), _carried(known[::-1])[::-1]
    found = []
    for name, previous, following in zip(names, before, after, strict=True):
        first, second = previous, following
        if name.startswith(_TO_BLOCKED_LAYOUT):
            first, second = following, previous
        found.append(first if first is not None else second or 0)
    return found


def _carried(places: Sequence[int | None]) -> list[int | None]:
    """Each place, or the last known one before it."""
    last: int | None = None
    carried = []
    for place in places:
        last = place if place is not None else last
        carried.append(last)
    return carried


def _operators(blocks: Sequence[bytes]) -> dict[str, Operator]:
    """Every operator of the blocks, by its name and by each tensor that it makes."""
    import onnx

    operators: dict[str, Operator] = {}
    for index, program in enumerate(blocks):
        for node in onnx.load_model_from_string(program).graph.node:
            operator = Operator(index, node.op_type, tuple(node.input))
            for name in (node.name, *node.output):
                operators.setdefault(name, operator)
    return operators
