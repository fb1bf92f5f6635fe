"""Reads a functional fx graph into a ModelGraph: operators, tensors, memory, module calls."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, fx
from torch._subclasses import FakeTensorMode
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
)
from torch.fx.passes.fake_tensor_prop import FakeTensorProp

from profiler.errors import CaptureError
from profiler.graph import ModelGraph, ModuleCall, Op, ParameterSpec, TensorSpec
from profiler.user_code import line_of


@dataclass(frozen=True)
class GraphReading:
    """A graph's description, and the nodes behind each of its operators."""

    graph: ModelGraph
    nodes: tuple[tuple[fx.Node, ...], ...]


def read_graph(module: fx.GraphModule, model: str) -> GraphReading:
    """Describes a functional graph module; annotates its nodes with the values' shapes.

    Raises:
        CaptureError: a shape depends on tensor values, or the graph computes nothing.
    """
    _propagate(module, model)
    parameters = _Parameters(module)
    groups = _operators(module.graph)
    if not groups:
        raise CaptureError(f"{model} runs no operator: there is nothing to plan")
    placeholders = [node for node in module.graph.nodes if node.op == "placeholder"]
    inputs = [node for node in placeholders if isinstance(node.meta["val"], Tensor)]
    owners: dict[int, str] = {}
    tensors = [_tensor(node, owners) for node in inputs]
    ops = []
    for group in groups:
        results = _results(group)
        tensors.extend(_tensor(node, owners) for node in results)
        ops.append(_op(group, results, parameters))
    graph = ModelGraph(
        model=model,
        ops=tuple(ops),
        tensors=tuple(tensors),
        parameters=parameters.used(ops),
        inputs=tuple(node.name for node in inputs),
        outputs=_outputs(module.graph),
    )
    return GraphReading(graph=graph, nodes=tuple(groups))


class _Parameters:
    """Canonical names of the tensors that a graph reads as attributes: tied ones share one."""

    def __init__(self, module: fx.GraphModule) -> None:
        self.canonical: dict[str, str] = {}
        self._specs: dict[str, ParameterSpec] = {}
        self._seen: dict[tuple[Any, ...], str] = {}
        for node in module.graph.nodes:
            if node.op == "get_attr":
                value = attrgetter(str(node.target))(module)
                if isinstance(value, Tensor):
                    self._add(str(node.target), value)

    def _add(self, name: str, value: Tensor) -> None:
        memory = value.untyped_storage().data_ptr() or id(value)
        key = (memory, value.storage_offset(), tuple(value.shape), value.stride(), value.dtype)
        first = self._seen.setdefault(key, name)
        self.canonical[name] = first
        if first == name:
            self._specs[name] = ParameterSpec(
                name=name, n_bytes=value.numel() * value.element_size(), n_dims=value.dim()
            )
        elif name not in self._specs[first].aliases:
            known = self._specs[first]
            self._specs[first] = known.model_copy(update={"aliases": (*known.aliases, name)})

    def used(self, ops: list[Op]) -> tuple[ParameterSpec, ...]:
        names = dict.fromkeys(name for op in ops for name in op.parameters)
        return tuple(self._specs[name] for name in names)


def _propagate(module: fx.GraphModule, model: str) -> None:
    """Gives every node a fake value whose storage tells views from copies."""
    placeholders = [node for node in module.graph.nodes if node.op == "placeholder"]
    examples = [
        torch.empty_strided(v.shape, v.stride(), dtype=v.dtype)
        if isinstance(v := node.meta.get("val"), Tensor)
        else v
        for node in placeholders
    ]
    with torch.no_grad():
        _Propagation(module, model).propagate(*examples)


class _Propagation(FakeTensorProp):
    """Runs a graph on fake tensors; tells which operator has no shape before it has values."""

    def __init__(self, module: fx.GraphModule, model: str) -> None:
        super().__init__(module, FakeTensorMode(allow_non_fake_inputs=True))
        self.extra_traceback = False  # it would be added to our message
        self._model = model

    def run_node(self, node: fx.Node) -> Any:
        """The fake value of a node."""
        try:
            return super().run_node(node)
        except (DynamicOutputShapeException, DataDependentOutputException) as error:
            raise CaptureError(
                f"{self._model}: the result of {node.target} in {line_of(node)} has a shape that "
                "depends on tensor values, so that no transfer can be priced: split the model "
                "there and plan the parts"
            ) from error


def _operators(graph: fx.Graph) -> list[tuple[fx.Node, ...]]:
    """Calls in execution order, each with the `getitem`s that take its results apart."""
    groups: dict[fx.Node, list[fx.Node]] = {}
    owner: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        if node.op != "call_function":
            continue
        first = node.args[0] if node.args else None
        if node.target is operator.getitem and isinstance(first, fx.Node) and first in owner:
            owner[node] = owner[first]
            groups[owner[first]].append(node)
        else:
            owner[node] = node
            groups[node] = [node]
    return [tuple(group) for group in groups.values()]


def _results(group: tuple[fx.Node, ...]) -> list[fx.Node]:
    return [node for node in group if isinstance(node.meta.get("val"), Tensor)]


def _op(group: tuple[fx.Node, ...], results: list[fx.Node], parameters: _Parameters) -> Op:
    call = group[0]
    read = call.all_input_nodes
    weights = [str(node.target) for node in read if node.op == "get_attr"]
    names = [parameters.canonical[name] for name in weights if name in parameters.canonical]
    return Op(
        name=call.name,
        target=str(call.target),
        modules=_module_calls(call),
        inputs=tuple(node.name for node in read if node.op != "get_attr"),
        outputs=tuple(node.name for node in results),
        parameters=tuple(dict.fromkeys(names)),
        arguments=f"{call.args} {dict(call.kwargs)}",
    )


def _module_calls(node: fx.Node) -> tuple[ModuleCall, ...]:
    stack = node.meta.get("nn_module_stack") or {}
    return tuple(
        ModuleCall(
            call=str(call),
            path=str(path),
            type_name=kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}",
        )
        for call, (path, kind) in stack.items()
    )


def _tensor(node: fx.Node, owners: dict[int, str]) -> TensorSpec:
    value = node.meta["val"]
    storage = value.untyped_storage()
    return TensorSpec(
        name=node.name,
        shape=tuple(value.shape),
        dtype=str(value.dtype).removeprefix("torch."),
        n_bytes=value.numel() * value.element_size(),
        storage=owners.setdefault(storage._cdata, node.name),  # noqa: SLF001 (its only identity)
        storage_bytes=storage.nbytes(),
    )


def _outputs(graph: fx.Graph) -> tuple[str, ...]:
    output = next(node for node in graph.nodes if node.op == "output")
    returned: list[str] = []
    fx.node.map_arg(output.args, lambda node: returned.append(node.name))
    return tuple(returned)
