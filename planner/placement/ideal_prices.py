"""Prices of ideals: the load of a device that runs the difference of two ideals, many at a time.

The same price as `throughput_price`, in the form that a search over chains of ideals needs. For
ideals I inside J let n(I) be the number of ends of a tensor in I, of d in all. The device with
J - I carries the tensor if n(I) < n(J), unless n(I) = 0 and n(J) = d. Call the tensor open at an
ideal if 0 < n < d. Then only open tensors can be carried, and their total transfer time is

    open(I) + open(J) - sum over tensors open at both of t * (1 + [n(I) = n(J)]),

so that one ideal costs a few operations on whole arrays of others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.placement.blocks import Blocks
from planner.placement.ideals import membership, prefixes

Places = NDArray[np.int64]
Counts = NDArray[np.signedinteger[Any]]
_WORD = 64
_ROWS_AT_ONCE = 16
_IDEALS_AT_ONCE = 4096


class FamilyPrices(ABC):
    """A family of ideals in an order in which none comes before its subsets, and their prices.

    The order is by accelerator time, so that what a device can hold is a window of it. The empty
    set must be in the family and comes first, and the full set last.
    """

    def __init__(self, blocks: Blocks, ideals: Sequence[int]) -> None:
        member = membership(ideals, len(blocks))
        ticks, tick_s = _ticks(blocks.accelerator_s)
        barred = (~blocks.on_accelerator).astype(np.float64)
        each = np.ones(len(blocks))
        sums = _sums(member, (ticks, each, blocks.cpu_s, blocks.size_bytes, barred))
        order = np.lexsort((sums[:, 1], sums[:, 0]))
        self.ideals = [ideals[place] for place in order]
        sums = sums[order]
        self._member = member[order]
        self.compute_s: NDArray[np.float64] = sums[:, 0] * tick_s
        self.cpu_s: NDArray[np.float64] = sums[:, 2].copy()
        self.size_bytes: NDArray[np.float64] = sums[:, 3].copy()
        self.barred: NDArray[np.float64] = sums[:, 4].copy()
        """Number of blocks that cannot run on an accelerator."""

    def __len__(self) -> int:
        return len(self.ideals)

    @cached_property
    def least_later_cpu_s(self) -> NDArray[np.float64]:
        """Least processor time of each ideal and all that follow it; it never falls."""
        return np.minimum.accumulate(self.cpu_s[::-1])[::-1]

    @abstractmethod
    def supersets(self, source: int, start: int, stop: int) -> Places:
        """Places in [start, stop) of the ideals that contain the one at `source`."""

    @abstractmethod
    def accelerator_loads_s(self, source: int, targets: Places) -> NDArray[np.float64]:
        """Load of an accelerator with target minus source, for ideals that contain the source."""

    def cpu_loads_s(self, source: int, targets: Places) -> NDArray[np.float64]:
        """Load of a processor with target minus source."""
        load: NDArray[np.float64] = self.cpu_s[targets] - self.cpu_s[source]
        return load


class IdealPrices(FamilyPrices):
    """Prices of any family of ideals."""

    def __init__(self, blocks: Blocks, ideals: Sequence[int]) -> None:
        super().__init__(blocks, ideals)
        self._words = _words(self.ideals, len(blocks))
        self._transfer_s = np.array([tensor[0] for tensor in blocks.tensors])
        self._ends = np.array([len(tensor[1]) for tensor in blocks.tensors], dtype=np.int16)
        self._held = _held(self._member, blocks)
        is_open = (self._held > 0) & (self._held < self._ends[:, None])
        self._open_s: NDArray[np.float64] = self._transfer_s @ is_open

    def supersets(self, source: int, start: int, stop: int) -> Places:
        """Places in [start, stop) of the ideals that contain the one at `source`."""
        inside: NDArray[np.bool_] | None = None
        for word in self._words:
            wanted = word[source]
            if wanted:
                has = (word[start:stop] & wanted) == wanted
                inside = has if inside is None else np.logical_and(inside, has, out=inside)
        if inside is None:
            return np.arange(start, stop)
        return np.flatnonzero(inside) + start

    def accelerator_loads_s(self, source: int, targets: Places) -> NDArray[np.float64]:
        """Load of an accelerator with target minus source, for ideals that contain the source."""
        load: NDArray[np.float64] = self.compute_s[targets] - self.compute_s[source]
        load += self._open_s[targets] + self._open_s[source]
        held = self._held[:, source]
        both = np.flatnonzero((held > 0) & (held < self._ends))
        for start in range(0, len(both), _ROWS_AT_ONCE):
            rows = both[start : start + _ROWS_AT_ONCE]
            later = self._held[rows[:, None], targets]
            twice = (later < self._ends[rows, None]).astype(np.float64)
            twice += later == held[rows, None]
            load -= self._transfer_s[rows] @ twice
        return load


class PrefixPrices(FamilyPrices):
    """Prices of the prefixes of one topological order, in a table of all pairs.

    Let p(0) < p(1) < … be the places of a tensor's ends in the order. The device with [i, j) holds
    the first end from i on, p(m), if j > p(m). It carries the tensor if that is not its first end,
    or if j does not reach beyond its last. So a tensor is one rectangle of (i, j) for each end.
    """

    def __init__(self, blocks: Blocks, order: Sequence[int]) -> None:
        super().__init__(blocks, prefixes(order))
        place = {block: position for position, block in enumerate(order)}
        corners = np.zeros((len(self) + 1, len(self) + 1))
        for transfer_s, ends in blocks.tensors:
            places = sorted(place[end] for end in ends)
            start = 0
            for end in places:
                last = len(self) if start else places[-1] + 1
                corners[start, end + 1] += transfer_s
                corners[end + 1, end + 1] -= transfer_s
                corners[start, last] -= transfer_s
                corners[end + 1, last] += transfer_s
                start = end + 1
        np.cumsum(corners, axis=0, out=corners)
        self._transfer_s = np.cumsum(corners, axis=1, out=corners)

    def supersets(self, source: int, start: int, stop: int) -> Places:
        """Places in [start, stop) of the prefixes that contain the one at `source`: all."""
        return np.arange(max(start, source), stop)

    def accelerator_loads_s(self, source: int, targets: Places) -> NDArray[np.float64]:
        """Load of an accelerator with target minus source, for longer prefixes."""
        load: NDArray[np.float64] = self.compute_s[targets] - self.compute_s[source]
        load += self._transfer_s[source, targets]
        return load


def _ticks(times_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Times in ticks of 2^-52 of their sum: sums of them are exact, so no set precedes a subset."""
    tick_s = float(times_s.sum()) / 2**52 or 1.0
    return np.rint(times_s / tick_s), tick_s


def _sums(member: NDArray[np.uint8], amounts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Sum of each amount over the blocks of each ideal."""
    columns = np.stack(amounts, axis=1)
    parts = range(0, len(member), _IDEALS_AT_ONCE)
    return np.concatenate(
        [member[start : start + _IDEALS_AT_ONCE].astype(np.float64) @ columns for start in parts]
    )


def _words(ideals: Sequence[int], n_blocks: int) -> list[NDArray[np.uint64]]:
    """The ideals' bits in words of 64, one array per word."""
    n_words = (n_blocks + _WORD - 1) // _WORD
    packed = b"".join(ideal.to_bytes(n_words * _WORD // 8, "little") for ideal in ideals)
    table = np.frombuffer(packed, dtype="<u8").reshape(len(ideals), n_words)
    return [np.ascontiguousarray(table[:, word]) for word in range(n_words)]


def _held(member: NDArray[np.uint8], blocks: Blocks) -> Counts:
    """Number of ends of each tensor in each ideal, tensors along the first axis."""
    columns = np.ascontiguousarray(member.T)
    most = max((len(ends) for _, ends in blocks.tensors), default=0)
    kind = np.int8 if most <= np.iinfo(np.int8).max else np.int16
    held: Counts = np.zeros((len(blocks.tensors), len(member)), dtype=kind)
    for row, (_, ends) in zip(held, blocks.tensors, strict=True):
        for end in ends:
            row += columns[end]
    return held
