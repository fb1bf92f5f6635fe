"""Ideals: sets of vertices of an acyclic order that hold every vertex before their own.

Also called downsets. A set is a Python integer with bit v set for vertex v. `before[v]` is the
bit set of the vertices directly before v, as everywhere in this package.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from time import monotonic

import numpy as np
from numpy.typing import NDArray

_ENOUGH = 4
"""Times as many neighbours are made as there is room for, before some are taken at random."""
_CLOCK_EVERY = 1024
"""Ideals between two looks at the clock."""


class TooManyIdeals(Exception):
    """The limit or the deadline was passed before all ideals were found."""


def count_ideals(
    before: Sequence[int], limit: int, *, deadline: float = float("inf")
) -> int | None:
    """Number of ideals, the empty and the full set included; none if there are more than `limit`.

    Stops early: the work is proportional to the smaller of the two numbers.
    `deadline` is on the clock of `time.monotonic`; none also if it passes.
    """
    try:
        return sum(len(layer) for layer in _layers(before, limit, deadline))
    except TooManyIdeals:
        return None


def enumerate_ideals(
    before: Sequence[int], limit: int, *, deadline: float = float("inf")
) -> list[int] | None:
    """All ideals, smaller ones first and then by their bits; none if more than `limit`."""
    try:
        return [ideal for layer in _layers(before, limit, deadline) for ideal in sorted(layer)]
    except TooManyIdeals:
        return None


def membership(ideals: Sequence[int], n_vertices: int) -> NDArray[np.uint8]:
    """One row of zeros and ones per set, with a column per vertex."""
    n_bytes = (n_vertices + 7) // 8
    packed = b"".join(ideal.to_bytes(n_bytes, "little") for ideal in ideals)
    table = np.frombuffer(packed, dtype=np.uint8).reshape(len(ideals), n_bytes)
    return np.unpackbits(table, axis=1, count=n_vertices, bitorder="little")


def prefixes(order: Sequence[int]) -> list[int]:
    """The ideals that a topological order passes through, from the empty to the full set."""
    ideals = [0]
    for vertex in order:
        ideals.append(ideals[-1] | 1 << vertex)
    return ideals


def bits(mask: int) -> Iterator[int]:
    """Vertices of a set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def successors(before: Sequence[int]) -> list[list[int]]:
    """Vertices directly after each vertex, ascending."""
    after: list[list[int]] = [[] for _ in before]
    for vertex, mask in enumerate(before):
        for earlier in bits(mask):
            after[earlier].append(vertex)
    return after


def _layers(before: Sequence[int], limit: int, deadline: float) -> Iterator[dict[int, int]]:
    """Ideals by their number of vertices, each with the vertices that can be added to it."""
    after = successors(before)
    first = sum(1 << vertex for vertex, mask in enumerate(before) if mask == 0)
    layer = {0: first}
    seen = 0
    while layer:
        seen += len(layer)
        if seen > limit:
            raise TooManyIdeals
        yield layer
        layer = _next_layer(layer, before, after, (limit - seen, deadline))


def _next_layer(
    layer: dict[int, int],
    before: Sequence[int],
    after: list[list[int]],
    stop: tuple[int, float],
) -> dict[int, int]:
    most, deadline = stop
    larger: dict[int, int] = {}
    for turn, (ideal, addable) in enumerate(layer.items()):
        if turn % _CLOCK_EVERY == 0 and monotonic() > deadline:
            raise TooManyIdeals
        rest = addable
        while rest:
            low = rest & -rest
            rest ^= low
            child = ideal | low
            if child in larger:
                continue
            freed = addable ^ low
            for vertex in after[low.bit_length() - 1]:
                if before[vertex] & ~child == 0:
                    freed |= 1 << vertex
            larger[child] = freed
        if len(larger) > most:
            raise TooManyIdeals
    return larger


class IdealNeighbours:
    """Walks between ideals that differ in one vertex."""

    def __init__(self, before: Sequence[int]) -> None:
        self._before = before
        self._after = [sum(1 << later for later in vertices) for vertices in successors(before)]

    def near(self, ideal: int, most: int, random: Random) -> list[int]:
        """Up to so many ideals around one, itself first, the nearer ones before the farther.

        Where not all of equal distance have room, a random part of them is taken.
        """
        near = {ideal: None}
        layer = [(ideal, *self._ends(ideal))]
        while layer and len(near) < most:
            room = most - len(near)
            random.shuffle(layer)
            found: dict[int, tuple[int, int, int]] = {}
            for state in layer:
                found.update((step[0], step) for step in self._steps(*state))
                if len(found) > _ENOUGH * room:
                    break
            fresh = [step for neighbour, step in found.items() if neighbour not in near]
            layer = fresh if len(fresh) <= room else random.sample(fresh, room)
            near.update(dict.fromkeys(step[0] for step in layer))
        return list(near)

    def _ends(self, ideal: int) -> tuple[int, int]:
        """Vertices that can be added to an ideal, and those that can be taken away."""
        addable = removable = 0
        for vertex, mask in enumerate(self._before):
            if ideal >> vertex & 1:
                removable |= (self._after[vertex] & ideal == 0) << vertex
            else:
                addable |= (mask & ~ideal == 0) << vertex
        return addable, removable

    def _steps(self, ideal: int, addable: int, removable: int) -> Iterator[tuple[int, int, int]]:
        """The ideals with one vertex more or less, each with its own ends."""
        for vertex in bits(addable):
            larger = ideal | 1 << vertex
            freed = sum(
                1 << later
                for later in bits(self._after[vertex])
                if self._before[later] & ~larger == 0
            )
            yield (
                larger,
                addable ^ 1 << vertex | freed,
                removable & ~self._before[vertex] | 1 << vertex,
            )
        for vertex in bits(removable):
            smaller = ideal ^ 1 << vertex
            bared = sum(
                1 << earlier
                for earlier in bits(self._before[vertex])
                if self._after[earlier] & smaller == 0
            )
            yield (
                smaller,
                addable & ~self._after[vertex] | 1 << vertex,
                removable ^ 1 << vertex | bared,
            )
