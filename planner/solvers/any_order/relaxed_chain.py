"""The relaxation of chains in free order: nodes may come again, and every visit has a price.

Types fall into groups. A run is a longest piece of the chain within one group. The relaxation
forgets which nodes it has visited when it leaves their group, and within a run remembers them as
far as `run_memory` says. Every plan of the class is among the relaxed ones, so the least relaxed
value is a lower bound of the best plan's.

Legend: t, m are types, i, j boundaries, B the last one, s a state of the run, s + m the state after
a visit to m more, C_m[j] the price of the blocks before j on m, w_m the price of a visit to m.

    through_i[s, m] = w_m + min over i < j <= stop_m[i] of C_m[j] - C_m[i] + onward_j[s, m]
    onward_i[s, t]  = min(over m outside t's group of hop_i(t, m) + through_i[0 + m, m],
                          over m inside it, if s + m exists, of hop_i(t, m) + through_i[s + m, m])
    onward_B[s, t]  = hop(t, sink)
    value           = min over m of hop(source, m) + through_0[0 + m, m]

Source: Christofides, Mingozzi and Toth, "State-space relaxation procedures for the computation of
bounds to routing problems", Networks 11 (1981), with the run as the state that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.run_memory import RunMemory, counting_groups
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.budget import Budget

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_CHECK_EVERY = 32
"""Boundaries between two looks at the clock."""


@dataclass(frozen=True)
class TypeWalk:
    """Where to cut, and the type that runs each part; types may come more often than they can."""

    cuts: tuple[int, ...]
    types: tuple[int, ...]


@dataclass(frozen=True)
class Completions:
    """Least relaxed prices from each boundary on, visits' prices included."""

    value: float
    """Of all blocks; infinite if not even a relaxed chain fits."""
    visit_prices: _Floats
    """[T]."""
    onward: _Floats
    """[B + 1, S, T]: after a stage on this type, which left the run in this state, ended here."""
    through: _Floats
    """[B + 1, S, T]: from a stage on this type on, which leaves the run in this state."""
    walk: TypeWalk | None
    """A least one; none if nothing fits."""


class RelaxedChain:
    """The recurrence for one problem; quick enough to be asked hundreds of times.

    O(B T (T + S G + S log B)) for T types in groups of up to G types, and S states of a run.
    """

    def __init__(self, tables: TypeTables, runs: RunMemory | None = None) -> None:
        self.tables = tables
        n_types, n_blocks = tables.stops.shape
        self.runs = runs or forgetful(tables)
        self._types = np.arange(n_types)
        self._open_windows(tables.stops - np.arange(n_blocks)[np.newaxis])
        self._split_hops()

    def _open_windows(self, lengths: _Ints) -> None:
        """Each window of stops is the union of two runs of one power-of-two length."""
        n_blocks = lengths.shape[1]
        is_open, starts = lengths > 0, np.arange(n_blocks)
        self._level = np.where(is_open, np.frexp(np.maximum(lengths, 1))[1] - 1, 0).T
        self._n_levels = int(self._level.max()) + 1
        never = n_blocks + 1
        run = 1 << self._level
        self._first = np.where(is_open.T, starts[:, np.newaxis] + 1, never)
        self._second = np.where(is_open.T, self.tables.stops.T - run + 1, never)

    def _split_hops(self) -> None:
        n_types, group = len(self._types), self.runs.group_of
        same = group[:, np.newaxis] == group[np.newaxis]
        self._outer = np.where(same, np.inf, self.tables.hop)
        groups = [group.types for group in self.runs.groups]
        width = max(len(types) for types in groups)
        self._inside = np.zeros((n_types, width), dtype=np.int64)
        absent = np.ones((n_types, width), dtype=bool)
        for types in groups:
            self._inside[list(types), : len(types)] = types
            absent[list(types), : len(types)] = False
        if self.runs.n_states > 1:
            inner = self.tables.hop[:, self._types[:, np.newaxis], self._inside]
            self._inner = np.where(absent, np.inf, inner)

    def completions(self, visit_prices: _Floats, budget: Budget) -> Completions | None:
        """The least relaxed prices; none if the budget ended before."""
        tables, n_blocks = self.tables, self.tables.n_blocks
        shape = (n_blocks + 1, self.runs.n_states, len(self._types))
        onward, through = np.full(shape, np.inf), np.full(shape, np.inf)
        least = np.full((self._n_levels, n_blocks + 2 + (1 << self._n_levels), *shape[1:]), np.inf)
        onward[-1] = tables.exit
        prefix = tables.prefix.T
        least[0, n_blocks] = prefix[-1] + onward[-1]
        for i in range(n_blocks - 1, -1, -1):
            if i % _CHECK_EVERY == 0 and budget.spent:
                return None
            for level in range(1, self._n_levels):
                half = least[level - 1]
                np.minimum(half[i + 1], half[i + 1 + (1 << (level - 1))], out=least[level, i + 1])
            through[i] = self._window_minimum(least, i) - prefix[i] + visit_prices
            onward[i] = self._onward(i, through[i])
            np.add(prefix[i], onward[i], out=least[0, i])
        found = Completions(float(self._entering(through).min()), visit_prices, onward,
                            through, walk=None)  # fmt: skip
        if not np.isfinite(found.value):
            return found
        walk = self._walk(found, least[0])
        return Completions(found.value, visit_prices, onward, through, walk)

    def _window_minimum(self, least: _Floats, i: int) -> _Floats:
        """[S, T]: the least of all stops that fit a stage from i on."""
        level = self._level[i]
        first = least[level, self._first[i], :, self._types]
        second = least[level, self._second[i], :, self._types]
        minimum: _Floats = np.minimum(first, second).T
        return minimum

    def _onward(self, i: int, through: _Floats) -> _Floats:
        leaves: _Floats = (self._outer[i] + through[self.runs.first, self._types]).min(axis=1)
        if self.runs.n_states == 1:
            return leaves[np.newaxis]
        never = np.full((1, len(self._types)), np.inf)
        after = np.concatenate((through, never))[self.runs.following, self._types]
        stays: _Floats = (self._inner[i] + after[:, self._inside]).min(axis=2)
        least: _Floats = np.minimum(leaves, stays)
        return least

    def _entering(self, through: _Floats) -> _Floats:
        first: _Floats = self.tables.entry + through[0, self.runs.first, self._types]
        return first

    def _walk(self, found: Completions, ended: _Floats) -> TypeWalk:
        """Follows the minima; `ended` is prefix + onward."""
        tables = self.tables
        start, t = 0, int(self._entering(found.through).argmin())
        run = int(self.runs.first[t])
        cuts: list[int] = []
        types = [t]
        while True:
            stops = ended[start + 1 : int(tables.stops[t, start]) + 1, run, t]
            start += 1 + int(stops.argmin())
            if start == tables.n_blocks:
                return TypeWalk(tuple(cuts), tuple(types))
            cuts.append(start)
            run, t = self._next(found, start, run, t)
            types.append(t)

    def _next(self, found: Completions, i: int, run: int, t: int) -> tuple[int, int]:
        leaves = self._outer[i, t] + found.through[i, self.runs.first, self._types]
        outside, states = int(leaves.argmin()), self.runs.n_states
        if states > 1:
            inside, after = self._inside[t], self.runs.following[run, self._inside[t]]
            stays = self._inner[i, t] + found.through[i, np.minimum(after, states - 1), inside]
            stays[after == states] = np.inf
            place = int(stays.argmin())
            if stays[place] < leaves[outside]:
                return int(after[place]), int(inside[place])
        return int(self.runs.first[outside]), outside


def forgetful(tables: TypeTables) -> RunMemory:
    """Runs of one type only: nothing but the number of its nodes is remembered."""
    alone = tuple((t,) for t in range(len(tables.members)))
    return RunMemory(tuple(counting_groups(alone, tables.counts)), len(alone))
