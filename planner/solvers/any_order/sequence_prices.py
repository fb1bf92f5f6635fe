"""Prices of chains whose types come in a given sequence: where to cut is all that is chosen.

A neighbour of a sequence keeps its first `head` stages and those from `tail` on, and has other
types between them, so that it is priced by its middle alone. Legend as in `relaxed_chain`:

    through_k[i] = min over i < j <= stop[i] of C[j] - C[i] + onward_k[j], with the k-th type's C
    onward_k[j]  = hop_j(k-th type, next type) + through_k+1[j]
    ended_k[j]   = least price of the blocks before j with the first k stages
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.relaxed_chain import TypeWalk
from planner.solvers.any_order.type_tables import TypeTables

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_MOST_CELLS = 2**20
"""Values in one batch of one table."""


@dataclass(frozen=True)
class Neighbour:
    """A sequence that differs from another one between two places."""

    head: int
    """So many stages stay at the front."""
    middle: tuple[int, ...]
    """Types of the stages after them; at least one."""
    tail: int
    """Place of the first stage that stays at the end."""

    def applied(self, types: tuple[int, ...]) -> tuple[int, ...]:
        """The sequence itself."""
        return types[: self.head] + self.middle + types[self.tail :]


class SequencePrices:
    """Prices sequences of types on one problem's tables, infinite where nothing fits."""

    def __init__(self, tables: TypeTables) -> None:
        self._tables = tables
        lengths = (tables.stops - np.arange(tables.n_blocks)).T
        is_open = lengths > 0
        level = np.frexp(np.maximum(lengths, 1))[1].astype(np.int64) - 1
        never = tables.n_blocks + 1
        self._level = np.where(is_open, level, 0)
        self._n_levels = int(self._level.max()) + 1
        self._first = np.where(is_open, np.arange(tables.n_blocks)[:, np.newaxis] + 1, never)
        self._second = np.where(is_open, tables.stops.T - (1 << level) + 1, never)
        self._prefix = np.ascontiguousarray(tables.prefix.T)

    def value(self, types: tuple[int, ...]) -> float:
        """Of one sequence."""
        return float(self._tables.entry[types[0]] + self._throughs(types)[0][0])

    def walk(self, types: tuple[int, ...]) -> TypeWalk | None:
        """The best cuts of one sequence; none if nothing fits."""
        tables, throughs, start = self._tables, self._throughs(types), 0
        if not np.isfinite(throughs[0][0] + tables.entry[types[0]]):
            return None
        cuts: list[int] = []
        for place, t in enumerate(types):
            stops = slice(start + 1, int(tables.stops[t, start]) + 1)
            onward = self._onward(np.array([t]), types[place + 1 :], throughs[place + 1 :])[:, 0]
            start += 1 + int((tables.prefix[t, stops] + onward[stops]).argmin())
            cuts.append(start)
        return TypeWalk(tuple(cuts[:-1]), types)

    def neighbours(self, types: tuple[int, ...], found: list[Neighbour]) -> _Floats:
        """Of many neighbours of one sequence."""
        throughs, ended = self._throughs(types), self._ended(types)
        values = np.full(len(found), np.inf)
        groups: dict[tuple[int, bool, bool], list[int]] = {}
        for index, other in enumerate(found):
            at_end, at_front = other.tail == len(types), other.head == 0
            groups.setdefault((len(other.middle), at_end, at_front), []).append(index)
        batch = max(_MOST_CELLS // (self._n_levels * self._tables.prefix.shape[1]), 1)
        for members in groups.values():
            for first in range(0, len(members), batch):
                part = members[first : first + batch]
                values[part] = self._batch(types, [found[i] for i in part], throughs, ended)
        return values

    def _batch(
        self, types: tuple[int, ...], found: list[Neighbour], throughs: _Floats, ended: _Floats
    ) -> _Floats:
        """All have middles of one length, and the same empty ends."""
        middle = np.array([other.middle for other in found])
        tails, heads = (np.array([getattr(other, n) for other in found]) for n in ("tail", "head"))
        sequence, last = np.array(types), middle[:, -1]
        if tails[0] == len(types):
            onward = self._final(last)
        else:
            onward = self._tables.hop[:, last, sequence[tails]] + throughs[tails].T
        for place in range(middle.shape[1] - 1, -1, -1):
            through = self._through(middle[:, place], onward)
            if place:
                onward = self._tables.hop[:, middle[:, place - 1], middle[:, place]] + through
        first = middle[:, 0]
        if heads[0] == 0:
            at_front: _Floats = self._tables.entry[first] + through[0]
            return at_front
        arrived = ended[heads].T + self._tables.hop[:, sequence[heads - 1], first]
        total: _Floats = (arrived + through).min(axis=0)
        return total

    def _throughs(self, types: tuple[int, ...]) -> _Floats:
        """[stages, B + 1]."""
        throughs: list[_Floats] = []
        for place in range(len(types) - 1, -1, -1):
            t = np.array([types[place]])
            onward = self._onward(t, types[place + 1 :], throughs[::-1])
            throughs.append(self._through(t, onward)[:, 0])
        return np.array(throughs[::-1])

    def _ended(self, types: tuple[int, ...]) -> _Floats:
        """[stages + 1, B + 1]; the first row is not used."""
        tables = self._tables
        rows = [np.full(tables.n_blocks + 1, np.inf)]
        for place, t in enumerate(types):
            arrival = rows[-1] + tables.hop[:, types[place - 1], t]
            if place == 0:
                arrival[0] = tables.entry[t]
            rows.append(self._stage_ends(t, arrival))
        return np.array(rows)

    def _stage_ends(self, t: int, arrival: _Floats) -> _Floats:
        """[B + 1]: the least price at each stop of a stage; pushes each start into its window."""
        level = np.full((self._n_levels, self._tables.n_blocks + 2), np.inf)
        saved = arrival[:-1] - self._tables.prefix[t, :-1]
        for starts in (self._first[:, t], self._second[:, t]):
            np.minimum.at(level, (self._level[:, t], starts), saved)
        for size in range(self._n_levels - 1, 0, -1):
            half = 1 << (size - 1)
            np.minimum(level[size - 1], level[size], out=level[size - 1])
            np.minimum(level[size - 1, half:], level[size, :-half], out=level[size - 1, half:])
        ends: _Floats = level[0, :-1] + self._tables.prefix[t]
        return ends

    def _onward(
        self, t: _Ints, after: tuple[int, ...], throughs: _Floats | list[_Floats]
    ) -> _Floats:
        if not after:
            return self._final(t)
        onward: _Floats = self._tables.hop[:, t, after[0]] + throughs[0][:, np.newaxis]
        return onward

    def _final(self, types: _Ints) -> _Floats:
        onward = np.full((self._tables.n_blocks + 1, len(types)), np.inf)
        onward[-1] = self._tables.exit[types]
        return onward

    def _through(self, types: _Ints, onward: _Floats) -> _Floats:
        """[B + 1, batch]: one stage on a type each."""
        rows = self._tables.n_blocks + 2
        prefix = self._prefix[:, types]
        least = np.full((self._n_levels, rows, len(types)), np.inf)
        least[0, :-1] = prefix + onward
        for size in range(1, self._n_levels):
            half, upper = 1 << (size - 1), least[size - 1]
            np.minimum(upper[:-half], upper[half:], out=least[size, :-half])
        each, level = np.arange(len(types)), self._level[:, types]
        through = np.full((rows - 1, len(types)), np.inf)
        first = least[level, self._first[:, types], each]
        second = least[level, self._second[:, types], each]
        through[:-1] = np.minimum(first, second) - prefix[:-1]
        return through
