"""Topological orders of blocks: several, each good for another shape of graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from planner.placement.blocks import Blocks
from planner.placement.ideals import bits, successors

_MOST_WEIGHED = 32
"""Ready blocks that are compared for the one that leaves least open."""


def block_orders(blocks: Blocks, *, seed: int, n_random: int) -> Iterator[list[int]]:
    """Different topological orders: fixed ones first, then so many depth-first ones at random.

    Each is made when it is asked for.
    """
    seen = set()
    for order in _all_orders(blocks, Random(seed), n_random):
        if tuple(order) not in seen:
            seen.add(tuple(order))
            yield order


def _all_orders(blocks: Blocks, random: Random, n_random: int) -> Iterator[list[int]]:
    yield list(range(len(blocks)))
    for choose in (_latest, _earliest):
        yield _from_the_start(blocks, choose)
        yield _from_the_end(blocks, choose)
    yield _least_open(blocks)
    for turn in range(n_random):
        make = _from_the_end if turn % 2 else _from_the_start
        yield make(blocks, lambda ready: _late(ready, random))


def _latest(ready: Sequence[int]) -> int:
    return len(ready) - 1


def _earliest(_: Sequence[int]) -> int:
    return 0


def _late(ready: Sequence[int], random: Random) -> int:
    """A random place, more likely a late one: depth first with detours."""
    return max(random.randrange(len(ready)) for _ in range(3))


def _order(before: Sequence[int], choose: Callable[[Sequence[int]], int]) -> list[int]:
    """The order in which ready vertices are taken; `choose` picks by place in the ready list."""
    after = successors(before)
    waits = [mask.bit_count() for mask in before]
    ready = [vertex for vertex in reversed(range(len(before))) if not waits[vertex]]
    order = []
    while ready:
        vertex = ready.pop(choose(ready))
        order.append(vertex)
        for later in reversed(after[vertex]):
            waits[later] -= 1
            if not waits[later]:
                ready.append(later)
    return order


def _from_the_start(blocks: Blocks, choose: Callable[[Sequence[int]], int]) -> list[int]:
    return _order(blocks.before, choose)


def _from_the_end(blocks: Blocks, choose: Callable[[Sequence[int]], int]) -> list[int]:
    after = [0] * len(blocks)
    for block, mask in enumerate(blocks.before):
        for earlier in bits(mask):
            after[earlier] |= 1 << block
    return _order(after, choose)[::-1]


def _least_open(blocks: Blocks) -> list[int]:
    """Always takes the ready block after which the open tensors take least time."""
    touching: list[list[int]] = [[] for _ in blocks.members]
    for tensor, (_, ends) in enumerate(blocks.tensors):
        for end in ends:
            touching[end].append(tensor)
    left = [len(ends) for _, ends in blocks.tensors]

    def opened_s(block: int) -> float:
        total = 0.0
        for tensor in touching[block]:
            transfer_s, ends = blocks.tensors[tensor]
            total += transfer_s * ((left[tensor] == len(ends)) - (left[tensor] == 1))
        return total

    def choose(ready: Sequence[int]) -> int:
        recent = range(max(0, len(ready) - _MOST_WEIGHED), len(ready))
        best = min(reversed(recent), key=lambda place: opened_s(ready[place]))
        for tensor in touching[ready[best]]:
            left[tensor] -= 1
        return best

    return _order(blocks.before, choose)
