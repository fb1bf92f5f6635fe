"""Blocks: operators that every contiguous placement keeps together, and the order among them.

Operators of one colour form a block. The forward operators' edges order the blocks; blocks that
are ordered in a circle can only share a device and are merged. A backward operator goes with its
colour. One without a forward operator of its colour gets its place in the order by the mirror
image of its edges, as if the backward pass ran through the devices in reverse; with `mirror_all`
every backward edge orders, so that the backward pass does run in reverse.

A contiguous split is then a chain of ideals (sets of blocks that hold all blocks before their
own), and each device runs the difference of two neighbours in the chain.

Source: Tarnawski et al., NeurIPS 2020, sections 4 and 5.3 (contiguity, colocation, training).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from planner.placement.ideals import bits
from planner.placement.instance import PlacementInstance
from planner.placement.throughput_price import tensors


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of an instance, numbered in a topological order of theirs."""

    members: tuple[tuple[int, ...], ...]
    """Places of the operators of each block, ascending."""
    before: tuple[int, ...]
    """Bit set of the blocks that come directly before each block."""
    accelerator_s: NDArray[np.float64]
    """Compute time on an accelerator, of each block; 0 where it cannot run there."""
    cpu_s: NDArray[np.float64]
    size_bytes: NDArray[np.float64]
    on_accelerator: NDArray[np.bool_]
    tensors: tuple[tuple[float, tuple[int, ...]], ...]
    """Transfer time and the blocks that hold an end of it, two or more; equal ones are summed."""

    def __len__(self) -> int:
        return len(self.members)

    def ancestors(self) -> list[int]:
        """Bit set of all blocks that come before each block."""
        closed: list[int] = []
        for mask in self.before:
            total = mask
            for earlier in bits(mask):
                total |= closed[earlier]
            closed.append(total)
        return closed


def colour_blocks(instance: PlacementInstance, *, mirror_all: bool = False) -> Blocks:
    """The blocks that colours and contiguity alone force."""
    return merged(instance, instance.colour_classes, mirror_all=mirror_all)


def merged(
    instance: PlacementInstance, groups: Iterable[Sequence[int]], *, mirror_all: bool
) -> Blocks:
    """Blocks that keep each group of operators together, and what that forces."""
    together = nx.utils.UnionFind(range(len(instance.operators)))
    for group in groups:
        together.union(*group)
    label = [together[place] for place in range(len(instance.operators))]
    order = nx.DiGraph()
    order.add_nodes_from(label)
    order.add_edges_from(_order_edges(instance, label, mirror_all=mirror_all))
    for component in nx.strongly_connected_components(order):
        together.union(*component)
    label = [together[place] for place in range(len(instance.operators))]
    return _blocks(instance, label, mirror_all=mirror_all)


def _order_edges(
    instance: PlacementInstance, label: list[int], *, mirror_all: bool
) -> set[tuple[int, int]]:
    operators = instance.operators
    mated = {label[place] for place, operator in enumerate(operators) if not operator.backward}
    edges = set()
    for source, target in instance.edges:
        ends = label[source], label[target]
        if not operators[source].backward and not operators[target].backward:
            edges.add(ends)
        elif (operators[source].backward and operators[target].backward) and (
            mirror_all or not mated.issuperset(ends)
        ):
            edges.add((ends[1], ends[0]))
    return {edge for edge in edges if edge[0] != edge[1]}


def _blocks(instance: PlacementInstance, label: list[int], *, mirror_all: bool) -> Blocks:
    edges = _order_edges(instance, label, mirror_all=mirror_all)
    number = _topological_numbers(label, edges)
    members: list[list[int]] = [[] for _ in number]
    for place, name in enumerate(label):
        members[number[name]].append(place)
    before = [0] * len(number)
    for source, target in edges:
        before[number[target]] |= 1 << number[source]
    joined: dict[tuple[int, ...], float] = {}
    for tensor in tensors(instance):
        ends = tuple(sorted({number[label[place]] for place in tensor.ends}))
        if len(ends) > 1:
            joined[ends] = joined.get(ends, 0.0) + tensor.transfer_s
    operators = instance.operators
    runs = np.array([all(operators[p].on_accelerator for p in group) for group in members])
    compute_s = np.array([sum(operators[p].accelerator_s for p in group) for group in members])
    return Blocks(
        members=tuple(map(tuple, members)),
        before=tuple(before),
        accelerator_s=np.where(runs, compute_s, 0.0),
        cpu_s=np.array([sum(operators[p].cpu_s for p in group) for group in members]),
        size_bytes=np.array([sum(operators[p].size_bytes for p in group) for group in members]),
        on_accelerator=runs,
        tensors=tuple((transfer_s, ends) for ends, transfer_s in joined.items()),
    )


def _topological_numbers(label: list[int], edges: set[tuple[int, int]]) -> dict[int, int]:
    """Numbers of the labels: topological, and else by their first operator in the file."""
    first = {name: place for place, name in reversed(list(enumerate(label)))}
    after: dict[int, list[int]] = {name: [] for name in first}
    waits = dict.fromkeys(first, 0)
    for source, target in edges:
        after[source].append(target)
        waits[target] += 1
    ready = [(first[name], name) for name in first if waits[name] == 0]
    heapify(ready)
    number: dict[int, int] = {}
    while ready:
        _, name = heappop(ready)
        number[name] = len(number)
        for later in after[name]:
            waits[later] -= 1
            if waits[later] == 0:
                heappush(ready, (first[later], later))
    return number
