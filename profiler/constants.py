"""Folding: what depends on weights and shapes alone is computed once, at capture."""

from __future__ import annotations

import operator
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, fx

from profiler.errors import CaptureError
from profiler.user_code import line_of

_SHAPE_ONLY = {
    torch.ops.aten.new_zeros.default,
    torch.ops.aten.new_ones.default,
    torch.ops.aten.new_full.default,
    torch.ops.aten.zeros_like.default,
    torch.ops.aten.ones_like.default,
    torch.ops.aten.full_like.default,
}
"""Operators that read the shape and type of their first argument, never its values."""


def fold_constants(module: fx.GraphModule) -> None:
    """Replaces, in place, every value that no input influences by a stored tensor.

    Without this a cut could have to carry weights, or a stage would need operators that run
    before any input arrives.

    Raises:
        CaptureError: such a value is random, so that folding it would change the model.
    """
    known: dict[fx.Node, Any] = {}
    for node in module.graph.nodes:
        if node.op == "get_attr":
            known[node] = attrgetter(str(node.target))(module)
        elif node.op == "call_function" and _is_constant(node, known):
            known[node] = _evaluate(node, known)
    folded = [node for node in known if node.op == "call_function"]
    for number, node in enumerate(folded):
        kept = [user for user in node.users if user not in known]
        if kept and isinstance(known[node], Tensor):
            name = f"folded_constant_{number}"
            module.register_buffer(name, known[node].detach().clone())
            with module.graph.inserting_before(node):
                stored = module.graph.get_attr(name)
            stored.meta = dict(node.meta)
            node.replace_all_uses_with(stored, delete_user_cb=lambda user: user not in known)
    for node in reversed(list(module.graph.nodes)):
        if node in known and not node.users:
            module.graph.erase_node(node)
    module.recompile()


def _is_constant(node: fx.Node, known: dict[fx.Node, Any]) -> bool:
    if node.target in _SHAPE_ONLY:
        return True
    if not all(argument in known for argument in node.all_input_nodes):
        return False
    if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
        raise CaptureError(
            f"{node.target} in {line_of(node)} draws random numbers at inference, so that no two "
            "runs agree: make the noise an input of the model"
        )
    # A returned weight must stay an operator's result: stages hand on tensors, not weights.
    return not any(user.op == "output" for user in node.users)


def _evaluate(node: fx.Node, known: dict[fx.Node, Any]) -> Any:
    def value(argument: fx.Node) -> Any:
        if argument in known:
            return known[argument]
        example = argument.meta["val"]
        return torch.empty_strided(example.shape, example.stride(), dtype=example.dtype)

    args: Any
    kwargs: Any
    args, kwargs = fx.node.map_arg((node.args, node.kwargs), value)
    with torch.no_grad():
        if node.target is operator.getitem:
            return args[0][args[1]]
        if not callable(node.target):
            raise CaptureError(f"{node.target} cannot be evaluated")
        return node.target(*args, **kwargs)
