"""Carving: a range of a captured model's operators as a standalone module, own weights only."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, fx

from profiler.capture import CapturedModel


@dataclass(frozen=True)
class Carving:
    """A contiguous range of operators, and the tensors at its borders.

    Tensors that only pass through the range are not among its inputs and outputs: whoever runs
    the part carries them past it.
    """

    captured: CapturedModel
    start: int
    """First operator."""
    stop: int
    """One past the last operator."""
    inputs: tuple[str, ...]
    """Tensors from before the range that its operators read, in order of production."""
    outputs: tuple[str, ...]
    """Tensors from inside the range that are needed after it, in order of production."""


def carve(captured: CapturedModel, start: int, stop: int) -> Carving:
    """The part of a captured model with the operators `[start, stop)`."""
    graph = captured.graph
    inside = [name for op in graph.ops[start:stop] for name in op.outputs]
    read = {name for op in graph.ops[start:stop] for name in op.inputs}
    later = {name for op in graph.ops[stop:] for name in op.inputs} | set(graph.outputs)
    produced = set(inside)
    return Carving(
        captured=captured,
        start=start,
        stop=stop,
        inputs=tuple(t.name for t in graph.tensors if t.name in read and t.name not in produced),
        outputs=tuple(name for name in inside if name in later),
    )


def graph_module(carving: Carving) -> fx.GraphModule:
    """A module that takes the carving's inputs and returns the tuple of its outputs."""
    captured = carving.captured
    graph = fx.Graph()
    values: dict[fx.Node, fx.Node] = {}
    by_name = {node.name: node for node in captured.module.graph.nodes}
    for name in carving.inputs:
        values[by_name[name]] = graph.placeholder(name)
    root: dict[str, Any] = {}
    for group in captured.nodes[carving.start : carving.stop]:
        for node in group:
            for needed in node.all_input_nodes:
                if needed.op == "get_attr" and needed not in values:
                    root[str(needed.target)] = attrgetter(str(needed.target))(captured.module)
                    values[needed] = graph.get_attr(str(needed.target))
            values[node] = graph.node_copy(node, values.__getitem__)
    graph.output(tuple(values[by_name[name]] for name in carving.outputs))
    for node in graph.nodes:
        node.meta.clear()  # it holds source paths and sample values
    return fx.GraphModule(root, graph, class_name="Part").eval()


def sample_like(captured: CapturedModel, name: str) -> Tensor:
    """A zero tensor with the named tensor's shape, strides and type."""
    node = next(node for node in captured.module.graph.nodes if node.name == name)
    value = node.meta["val"]
    return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype).zero_()
