"""Granularity: contiguous groups of operators that a plan never cuts inside.

The levels nest: every border of a coarser level is a border of each finer one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from profiler.errors import GranularityError
from profiler.graph import ModelGraph, ModuleCall, Op


class Granularity(StrEnum):
    """How coarse blocks are, from finest to coarsest."""

    OP = "op"
    """Every operator."""
    LAYER = "layer"
    """Operators of one call of an innermost module: a convolution, a ReLU, one addition."""
    BLOCK = "block"
    """The model's repeated units: residual, inception, dense and encoder blocks; outside of
    them, one layer with weights and what follows it."""
    STAGE = "stage"
    """Children of the model itself, neighbouring small ones together: how people cut by hand. What
    follows the last weights is in the last of them."""
    MODEL = "model"
    """Everything."""


@dataclass(frozen=True)
class Block:
    """Operators `[start, stop)`, under a name that a person recognises."""

    name: str
    start: int
    stop: int


def granularity_named(name: str) -> Granularity:
    """The granularity of that name.

    Raises:
        GranularityError: there is none.
    """
    try:
        return Granularity(name)
    except ValueError as error:
        known = ", ".join(level.value for level in Granularity)
        raise GranularityError(f"unknown granularity {name!r}: choose one of {known}") from error


def parse_cuts(text: str) -> tuple[int, ...]:
    """Operator positions of a text such as `12,30,45`.

    Raises:
        GranularityError: not a list of whole numbers.
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise GranularityError(f"cuts {text!r} are not whole numbers such as 12,30,45") from error


def cut_positions(graph: ModelGraph, granularity: Granularity) -> tuple[int, ...]:
    """Borders of the blocks of one level, from 0 to the number of operators."""
    n = len(graph.ops)
    borders = {0, n}
    if granularity is Granularity.OP:
        return tuple(range(n + 1))
    if granularity is Granularity.MODEL:
        return (0, n)
    borders |= _changes(_stage_labels(graph))
    if granularity is Granularity.STAGE:
        return tuple(sorted(borders - _behind_weights(graph)))
    borders |= _changes(_block_labels(graph))
    if granularity is Granularity.LAYER:
        borders |= _changes([_innermost(op) for op in graph.ops])
    return tuple(sorted(borders))


def check_positions(graph: ModelGraph, cuts: Iterable[int]) -> tuple[int, ...]:
    """Borders of the blocks between explicit cuts.

    Raises:
        GranularityError: a cut outside of the model, or not in ascending order.
    """
    n = len(graph.ops)
    positions = (0, *cuts, n)
    if any(a >= b for a, b in pairwise(positions)):
        raise GranularityError(
            f"cuts {', '.join(map(str, positions[1:-1]))} must ascend strictly between 1 and "
            f"{n - 1}: {graph.model} has {n} operators"
        )
    return positions


def blocks_between(graph: ModelGraph, positions: Sequence[int]) -> tuple[Block, ...]:
    """Named blocks between consecutive positions."""
    sizes = Counter(module.call for op in graph.ops for module in op.modules[1:])
    return tuple(
        Block(_name(graph.ops[start:stop], sizes), start, stop)
        for start, stop in pairwise(positions)
    )


def _changes(labels: Sequence[object]) -> set[int]:
    return {i + 1 for i, (a, b) in enumerate(pairwise(labels)) if a != b}


def _behind_weights(graph: ModelGraph) -> set[int]:
    """Positions with no weights after them: nobody would give a machine a flattening alone."""
    last = max((i for i, op in enumerate(graph.ops) if op.parameters), default=0)
    return set(range(last + 1, len(graph.ops)))


def _innermost(op: Op) -> str:
    return op.modules[-1].call if op.modules else ""


def _stage_labels(graph: ModelGraph) -> list[str]:
    """Each operator's top-level module if that holds other modules, else a shared label."""
    parents = {op.modules[depth].call for op in graph.ops for depth in range(len(op.modules) - 1)}
    labels = []
    for op in graph.ops:
        child = op.modules[1].call if len(op.modules) > 1 else ""
        labels.append(child if child in parents else "")
    return labels


def _block_labels(graph: ModelGraph) -> list[tuple[str, int]]:
    """Each operator's unit, or a running number of the weighted layer that it follows.

    Outside of units a group ends before an operator with a weight matrix or kernel if it already
    holds one, so that a convolution keeps its normalisation, activation and pooling.
    """
    units = _units(graph)
    labels: list[tuple[str, int]] = []
    number = 0
    weighted = False
    for op in graph.ops:
        unit = next((call.call for call in op.modules if call.call in units), "")
        heavy = _has_weight_layer(graph, op)
        if unit or (labels and labels[-1][0]):
            number, weighted = number + 1, False
        elif heavy and weighted:
            number += 1
        weighted = heavy or (weighted and not unit)
        labels.append((unit, 0 if unit else number))
    return labels


def _units(graph: ModelGraph) -> set[str]:
    """Module calls that are the model's units.

    A *composite* holds other modules with at least two weight layers, and it or another module
    of its type has operators of its own: it is more than a plain sequence. Going from the model
    inwards, the first composite on the way is a unit, unless it merely wraps repeated composites
    of one type: two of them if it stands alone, three if it is itself one of several of its type.
    """
    tree = _ModuleTree(graph)
    units: set[str] = set()
    pending = list(tree.composites_below(tree.root))
    siblings = Counter(tree.type_name[call] for call in pending)
    queue = [(call, siblings[tree.type_name[call]]) for call in pending]
    while queue:
        call, alike = queue.pop()
        inner = tree.composites_below(call)
        types = Counter(tree.type_name[child] for child in inner)
        repeats = max(types.values(), default=0)
        if repeats >= (3 if alike > 1 else 2):
            queue.extend((child, types[tree.type_name[child]]) for child in inner)
        else:
            units.add(call)
    return units


class _ModuleTree:
    """The calls of modules within each other, as the operators' stacks tell."""

    def __init__(self, graph: ModelGraph) -> None:
        self.root = ""
        self.type_name: dict[str, str] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._weights: Counter[str] = Counter()
        self._own_types: set[str] = set()
        for op in graph.ops:
            self._add(op.modules, _has_weight_layer(graph, op))

    def _add(self, modules: Sequence[ModuleCall], weighted: bool) -> None:
        calls = [module.call for module in modules[1:]]
        self.type_name |= {module.call: module.type_name for module in modules[1:]}
        for parent, child in pairwise((self.root, *calls)):
            self._children.setdefault(parent, {})[child] = None
        self._weights.update(dict.fromkeys(calls, 1) if weighted else {})
        if calls:
            self._own_types.add(modules[-1].type_name)

    def composites_below(self, call: str) -> list[str]:
        """The nearest composites inside a module, looking through plain sequences."""
        found = []
        for child in self._children.get(call, {}):
            leaf = child not in self._children
            if leaf:
                continue
            if self.type_name[child] in self._own_types and self._weights[child] >= 2:
                found.append(child)
            else:
                found.extend(self.composites_below(child))
        return found


def _has_weight_layer(graph: ModelGraph, op: Op) -> bool:
    return any(graph.parameter[name].n_dims >= 2 for name in op.parameters)


def _name(ops: Sequence[Op], sizes: Mapping[str, int]) -> str:
    """The outermost module that consists of just these operators, or their range."""
    for module in ops[0].modules:
        inside = sum(1 for op in ops if module in op.modules)
        if inside == len(ops) == sizes.get(module.call):
            return module.path
    first, last = _label(ops[0]), _label(ops[-1])
    return first if first == last else f"{first}…{last}"


def _label(op: Op) -> str:
    return op.module_path or op.name
