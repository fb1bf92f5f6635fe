"""Operators in another order that computes the same.

An order lists every operator once, by its place in the captured graph, and each after those whose
tensors it reads. A captured graph is functional, so that nothing else ties its operators.
"""

from __future__ import annotations

from collections.abc import Sequence

from profiler.errors import OrderError
from profiler.graph import ModelGraph


def check_op_order(graph: ModelGraph, order: Sequence[int]) -> None:
    """Makes sure that the operators can run in that order.

    Raises:
        OrderError: it does not list every operator once, or one before what it reads is made.
    """
    if sorted(order) != list(range(len(graph.ops))):
        raise OrderError(
            f"the order has {len(order)} entries that are not the {len(graph.ops)} operators of "
            f"{graph.model}, each once: list each from 0 to {len(graph.ops) - 1}"
        )
    made = set(graph.inputs)
    for op in (graph.ops[place] for place in order):
        missing = [name for name in op.inputs if name not in made]
        if missing:
            raise OrderError(
                f"the order runs {op.name} before {missing[0]} is made, which it reads: list "
                "every operator after those that it depends on"
            )
        made.update(op.outputs)


def graph_in_order(graph: ModelGraph, order: Sequence[int]) -> ModelGraph:
    """The same operators in another order; tensors are listed as they are then produced.

    Raises:
        OrderError: the operators cannot run in that order.
    """
    check_op_order(graph, order)
    ops = tuple(graph.ops[place] for place in order)
    names = (*graph.inputs, *(name for op in ops for name in op.outputs))
    return ModelGraph(
        model=graph.model,
        ops=ops,
        tensors=tuple(graph.tensor[name] for name in names),
        parameters=graph.parameters,
        inputs=graph.inputs,
        outputs=graph.outputs,
    )
