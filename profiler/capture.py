"""Capture: an nn.Module becomes a functional graph of operators, without in-place ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.utils._pytree as pytree
from torch import Tensor, fx

from profiler.constants import fold_constants
from profiler.errors import CaptureError, SourceError
from profiler.graph import ModelGraph
from profiler.graph_reading import GraphReading, read_graph
from profiler.op_order import graph_in_order
from profiler.quiet import quiet
from profiler.sources import ModelSource
from profiler.user_code import user_line


@dataclass(frozen=True)
class CapturedModel:
    """A model as a functional graph with weights, beside its description without them."""

    graph: ModelGraph
    module: fx.GraphModule
    """Placeholders are the graph's inputs, attributes its parameters."""
    nodes: tuple[tuple[fx.Node, ...], ...]
    """Nodes of each operator of the graph: the call, then the `getitem`s of its results."""
    inputs: dict[str, Tensor]
    """The sample input, by tensor name."""
    expected: tuple[Tensor, ...]
    """What the original model returns for it, flattened, tensors only."""
    output_labels: tuple[str, ...]
    """Where each of them stands in what the model returns."""

    def in_order(self, order: Sequence[int]) -> CapturedModel:
        """The same model with its operators listed, and so carved, in another order.

        Raises:
            OrderError: the operators cannot run in that order.
        """
        graph = graph_in_order(self.graph, order)
        return replace(self, graph=graph, nodes=tuple(self.nodes[place] for place in order))


def capture(source: ModelSource) -> CapturedModel:
    """Captures a model through `torch.export`, for the shapes of its sample input.

    Shapes, and control flow that depends on shapes or Python values, are fixed by the sample
    input. Subgraphs that depend on weights and shapes only are evaluated once and become
    constants. Mutation of the caller's input tensors is not carried over.

    Raises:
        SourceError: the model does not accept its sample input.
        CaptureError: the model's control flow or shapes depend on tensor values, it updates its
            own buffers, or an operator cannot be traced. The message names the line.
    """
    expected = run_original(source)
    program = _export(source)
    if program.graph_signature.buffers_to_mutate:
        names = ", ".join(sorted(set(program.graph_signature.buffers_to_mutate.values())))
        raise CaptureError(
            f"{source.name} writes to its own buffers ({names}), so that a request would depend on "
            "the one before it: make forward return the new state instead"
        )
    module = program.module(check_guards=False)
    if not isinstance(module, fx.GraphModule):
        raise CaptureError(f"{source.name} was exported without a graph")
    _drop_effects(module)
    fold_constants(module)
    reading = read_graph(module, source.name)
    _check_outputs(reading, expected, source)
    leaves = pytree.tree_leaves((source.args, dict(source.kwargs)))
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    return CapturedModel(
        graph=reading.graph,
        module=module,
        nodes=reading.nodes,
        inputs=dict(zip(reading.graph.inputs, tensors, strict=True)),
        expected=tuple(value for _, value in expected),
        output_labels=tuple(label for label, _ in expected),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Lets torch use one thread only."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def run_original(source: ModelSource) -> list[tuple[str, Tensor]]:
    """What the unchanged model returns for its sample input: labels and tensors.

    The fused attention path of `nn.MultiheadAttention` is off: it rounds differently from the
    operators that the exported graph has. It runs on one thread: more of them add up in another
    order.
    """
    args, kwargs = pytree.tree_map(
        lambda leaf: leaf.clone() if isinstance(leaf, Tensor) else leaf,
        (source.args, dict(source.kwargs)),
    )
    try:
        with torch.inference_mode(), without_attention_fastpath(), _one_thread():
            returned = source.module(*args, **kwargs)
    except Exception as error:
        leaves = pytree.tree_leaves((args, kwargs))
        shapes = ", ".join("x".join(map(str, v.shape)) for v in leaves if isinstance(v, Tensor))
        raise SourceError(
            f"{source.name} does not accept an input of shape {shapes}: {_first_line(error)} "
            f"({user_line(error)}). Give another shape with --input, or mend the model's example"
        ) from error
    labelled, _ = pytree.tree_flatten_with_path(returned)
    return [
        (pytree.keystr(path) or "output", leaf)
        for path, leaf in labelled
        if isinstance(leaf, Tensor)
    ]


@contextmanager
def without_attention_fastpath() -> Iterator[None]:
    """Turns off the fused attention path while it is open."""
    was = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was)


def _export(source: ModelSource) -> torch.export.ExportedProgram:
    try:
        with torch.no_grad(), without_attention_fastpath(), quiet("torch"):
            program = torch.export.export(
                source.module, source.args, dict(source.kwargs), strict=False
            )
            functional: torch.export.ExportedProgram = program.run_decompositions({})
    except Exception as error:
        raise CaptureError(
            f"{source.name} cannot be captured: {user_line(error)} stops it: "
            f"{_first_line(error)}. "
            "Control flow and shapes must not depend on tensor values: compute both sides and "
            "choose with torch.where, or split the model there and plan the parts"
        ) from error
    return functional


def _drop_effects(module: fx.GraphModule) -> None:
    """Removes assertions and writes to the caller's tensors: nodes that produce nothing we use."""
    for node in reversed(list(module.graph.nodes)):
        effect = node.op == "call_function" and not node.users
        if effect or (node.op == "call_module" and node.target == "_guards_fn"):
            module.graph.erase_node(node)
    for node in reversed(list(module.graph.nodes)):
        if node.op in ("call_function", "get_attr") and not node.users:
            module.graph.erase_node(node)
    module.recompile()


def _check_outputs(
    reading: GraphReading, expected: list[tuple[str, Tensor]], source: ModelSource
) -> None:
    """The graph's outputs must be the model's, in number, shape and type."""
    for name in reading.graph.outputs:
        if name not in reading.graph.tensor:
            raise CaptureError(
                f"{source.name} returns the weight {name} as it is: leave it out, no part needs "
                "to compute it"
            )
    specs = [reading.graph.tensor[name] for name in reading.graph.outputs]
    found = [(spec.shape, spec.dtype) for spec in specs]
    wanted = [
        (tuple(value.shape), str(value.dtype).removeprefix("torch.")) for _, value in expected
    ]
    if found != wanted:
        raise CaptureError(
            f"{source.name} was captured with the outputs {found}, but returns {wanted}: "
            "its output shapes depend on tensor values"
        )


def _first_line(error: BaseException) -> str:
    lines: list[Any] = [line.strip() for line in str(error).splitlines() if line.strip()]
    return str(lines[0]).rstrip(".") if lines else type(error).__name__
