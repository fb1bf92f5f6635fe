"""Layers: a model as the chain of modules that tools for `nn.Sequential` want."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import fx, nn

from experiments.peers.split import SplitError, Unit


@dataclass(frozen=True)
class Layer:
    """One link of the chain."""

    path: str
    """Of the module, or of the one whose forward calls the function."""
    module: nn.Module
    """Takes the result of the layer before it; a function is wrapped in one."""
    is_function: bool


def layers_of(model: nn.Module) -> tuple[Layer, ...]:
    """The modules that a model runs one after another, those of plain sequences one by one.

    This is what a user writes by hand for torchgpipe or DeepSpeed: residual blocks stay whole, and
    functions between modules, such as `flatten`, become layers too.

    Raises:
        SplitError: a layer takes something else than the result of the one before it.
    """
    graph = _Tracer().trace(model)
    nodes = [node for node in graph.nodes if node.op not in ("placeholder", "output", "get_attr")]
    before = next(node for node in graph.nodes if node.op == "placeholder")
    for node in nodes:
        if node.all_input_nodes != [before]:
            raise SplitError(f"{node.name} does not take just the result of {before.name}")
        before = node
    return tuple(_layer(model, node) for node in nodes)


def sequential_of(layers: Sequence[Layer]) -> nn.Sequential:
    """A copy of the layers whose activations overwrite nothing, as profiling with gradients needs.

    torchgpipe runs every layer backward by itself, and a tensor that needs a gradient must not be
    overwritten.
    """
    sequential = nn.Sequential(*(copy.deepcopy(layer.module) for layer in layers))
    for module in sequential.modules():
        if getattr(module, "inplace", False):
            module.inplace = False
    return sequential


def units_between(layers: Sequence[Layer], bounds: Sequence[int]) -> list[Unit]:
    """Every layer with its part: part k has the layers [bounds[k], bounds[k + 1])."""
    return [
        (layer.path, sum(bound <= place for bound in bounds[1:-1]))
        for place, layer in enumerate(layers)
    ]


def host_of(node: fx.Node) -> str:
    """Path of the module that a traced node is, or of the one whose forward calls it."""
    if node.op == "call_module":
        return str(node.target)
    stack: dict[str, Any] = node.meta.get("nn_module_stack") or {}
    return str(list(stack.values())[-1][0]) if stack else ""


def _layer(model: nn.Module, node: fx.Node) -> Layer:
    if node.op == "call_module":
        path = str(node.target)
        return Layer(path, model.get_submodule(path), is_function=False)
    graph = fx.Graph()
    value = graph.placeholder("value")
    graph.output(graph.node_copy(node, lambda _: value))
    return Layer(host_of(node), fx.GraphModule(nn.Module(), graph), is_function=True)


class _Tracer(fx.Tracer):
    """Looks into plain sequences only."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether the module stays one node."""
        return not isinstance(m, nn.Sequential)
