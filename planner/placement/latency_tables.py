"""LatencyTables: an instance as plain lists and bit masks, for the searches for least latency.

Sets of operators are integers whose bit v stands for operator v. A *block* is the set of operators
on one accelerator; the host's processors are called the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import networkx as nx

from planner.placement.instance import PlacementInstance

# Sums of sizes round differently in different orders; a cap is not missed by that.
_CAP_TOLERANCE = 1e-12


def members(mask: int) -> Iterator[int]:
    """The operators in a set, in rising order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def mask_of(operators: Iterable[int]) -> int:
    """The set of the operators."""
    mask = 0
    for operator in operators:
        mask |= 1 << operator
    return mask


@dataclass(frozen=True)
class LatencyTables:
    """All that prices, bounds and searches read of an instance; lists go by operator."""

    n_accelerators: int
    cap_bytes: float
    cpu_s: tuple[float, ...]
    accelerator_s: tuple[float, ...]
    transfer_s: tuple[float, ...]
    size_bytes: tuple[float, ...]
    supported: tuple[bool, ...]
    producers: tuple[tuple[int, ...], ...]
    consumers: tuple[tuple[int, ...], ...]
    producer_masks: tuple[int, ...]
    consumer_masks: tuple[int, ...]
    ancestors: tuple[int, ...]
    """All that an operator depends on, itself excluded."""
    descendants: tuple[int, ...]
    """All that depends on an operator, itself excluded."""
    order: tuple[int, ...]
    """A topological order."""
    colour_masks: tuple[int, ...]
    """The colour class of each operator, itself alone if it is free."""
    closures: tuple[int, ...]
    """The least set with the operator that is convex and holds whole colour classes only."""
    unplaceable: int
    """Operators that no accelerator can hold, with all that must come along."""
    host_only: int
    """Operators that some best placement has on the CPU: the unplaceable, and those that cost
    nothing there."""

    @classmethod
    def of(cls, instance: PlacementInstance) -> Self:
        """The tables of an instance."""
        operators = instance.operators
        n = len(operators)
        producers = tuple(tuple(sorted(instance.graph.predecessors(v))) for v in range(n))
        consumers = tuple(tuple(sorted(instance.graph.successors(v))) for v in range(n))
        order = tuple(nx.lexicographical_topological_sort(instance.graph))
        ancestors, descendants = _reach(order, producers), _reach(order[::-1], consumers)
        colour_masks = [1 << v for v in range(n)]
        for places in instance.colour_classes:
            for v in places:
                colour_masks[v] = mask_of(places)
        closures = _closures(colour_masks, ancestors, descendants)
        cap_bytes = instance.cap_bytes * (1 + _CAP_TOLERANCE)
        unplaceable = _unplaceable(instance, closures, cap_bytes)
        free = _free(instance, order, producers, colour_masks)
        return cls(
            n_accelerators=instance.n_accelerators,
            cap_bytes=cap_bytes,
            cpu_s=tuple(operator.cpu_s for operator in operators),
            accelerator_s=tuple(operator.accelerator_s for operator in operators),
            transfer_s=tuple(operator.transfer_s for operator in operators),
            size_bytes=tuple(operator.size_bytes for operator in operators),
            supported=tuple(operator.on_accelerator for operator in operators),
            producers=producers,
            consumers=consumers,
            producer_masks=tuple(map(mask_of, producers)),
            consumer_masks=tuple(map(mask_of, consumers)),
            ancestors=ancestors,
            descendants=descendants,
            order=order,
            colour_masks=tuple(colour_masks),
            closures=closures,
            unplaceable=unplaceable,
            host_only=unplaceable | free,
        )

    @property
    def n(self) -> int:
        """Number of operators."""
        return len(self.cpu_s)

    def size_of(self, mask: int) -> float:
        """Bytes of a set on an accelerator."""
        return sum(self.size_bytes[v] for v in members(mask))


def convex_hull(mask: int, ancestors: tuple[int, ...], descendants: tuple[int, ...]) -> int:
    """The set with everything that lies on a path between two of its operators."""
    before = after = mask
    for v in members(mask):
        before |= ancestors[v]
        after |= descendants[v]
    return before & after


def _reach(order: tuple[int, ...], next_back: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """All that each operator reaches backwards, if `order` visits those before it."""
    reach = [0] * len(order)
    for v in order:
        for u in next_back[v]:
            reach[v] |= reach[u] | 1 << u
    return tuple(reach)


def _closures(
    colour_masks: list[int], ancestors: tuple[int, ...], descendants: tuple[int, ...]
) -> tuple[int, ...]:
    known: dict[int, int] = {}
    for start in dict.fromkeys(colour_masks):
        closure, grown = 0, start
        while grown != closure:
            closure = grown
            grown = convex_hull(closure, ancestors, descendants)
            for v in members(grown & ~closure):
                grown |= colour_masks[v]
        known[start] = closure
    return tuple(known[mask] for mask in colour_masks)


def _unplaceable(instance: PlacementInstance, closures: tuple[int, ...], cap_bytes: float) -> int:
    operators = instance.operators
    banned = mask_of(v for v, operator in enumerate(operators) if not operator.on_accelerator)
    if instance.n_accelerators == 0:
        return (1 << len(operators)) - 1

    def fits(closure: int) -> bool:
        if closure & banned:
            return False
        return sum(operators[v].size_bytes for v in members(closure)) <= cap_bytes

    known = {closure: fits(closure) for closure in set(closures)}
    return mask_of(v for v, closure in enumerate(closures) if not known[closure])


def _free(
    instance: PlacementInstance,
    order: tuple[int, ...],
    producers: tuple[tuple[int, ...], ...],
    colour_masks: list[int],
) -> int:
    """Operators without a colour that delay nothing and nobody from the CPU.

    Those that take no time there, are ready at 0 and move their output in no time; and those
    without consumers that take no time and whose inputs move in no time. Taking one out of its
    block leaves the other blocks acyclic and none later.
    """
    operators = instance.operators
    early = 0
    late = 0
    for v in order:
        operator = operators[v]
        if operator.cpu_s > 0 or colour_masks[v] != 1 << v:
            continue
        if operator.transfer_s == 0 and all(early >> u & 1 for u in producers[v]):
            early |= 1 << v
        is_read = instance.graph.out_degree(v) > 0
        if not is_read and all(operators[u].transfer_s == 0 for u in producers[v]):
            late |= 1 << v
    return early | late
