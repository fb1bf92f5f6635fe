"""Labels: all ways to a point that may still lead to the best plan, with what each has used up.

A label is a walk to the start of a stage: its value, its value under the prices of the shared
limits, and its use of every tracked row. Labels are dropped when another one at the same point is
no worse in value and every use, when they break a tracked limit, and when even the cheapest
completion under the prices is no better than the ceiling.

Source: Dumitrescu, Boland, "Improved preprocessing, labeling and scaling algorithms for the
weight-constrained shortest path problem", Networks 42(3), 2003.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.dominance import undominated
from planner.solvers.revisit.segment_fixing import Completions
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]

_SPARE = 8
"""So many times the width may be compared at one point; comparing takes the square of it."""


@dataclass(frozen=True)
class LabelSearch:
    """What is searched: segments, limits and the completions that prune."""

    tables: SegmentTables
    limits: SharedLimits
    completions: Completions
    tracked: _Ints
    """Rows of the shared limits that labels keep count of: all with a price at least."""
    ceiling: float
    """Only plans below it are looked for."""
    width: int
    """Most labels kept at one point; the most promising ones."""


@dataclass(frozen=True)
class LabelAnswer:
    """What the search found."""

    value: float
    """Of the best walk below the ceiling that holds the tracked rows; infinite if none."""
    chain: Chain | None
    bound: float
    """No such walk is below it, the ceiling included: what was dropped for width counts."""
    is_complete: bool
    """Whether nothing was dropped for width or time."""


@dataclass(frozen=True)
class _Labels:
    value: _Floats
    priced: _Floats
    use: _Floats
    """[L, tracked]"""
    place: _Ints
    """Of the boundary where the stage starts."""
    index: _Ints
    """Of the label in the store; of the label before, while it is at the end of a stage."""

    def at(self, which: _Ints | _Bools) -> _Labels:
        """Some of them."""
        return _Labels(
            self.value[which],
            self.priced[which],
            self.use[which],
            self.place[which],
            self.index[which],
        )


@dataclass
class _Store:
    """Every label that was kept: the label before it, its node and its place."""

    before: list[_Ints] = field(default_factory=list)
    node: list[_Ints] = field(default_factory=list)
    place: list[_Ints] = field(default_factory=list)
    size: int = 0

    def add(self, before: _Ints, node: int, place: int) -> _Ints:
        """Numbers of new labels."""
        count = len(before)
        self.before.append(before)
        self.node.append(np.full(count, node))
        self.place.append(np.full(count, place))
        self.size += count
        return np.arange(self.size - count, self.size)

    def chain(self, tables: SegmentTables, index: int) -> Chain:
        """The walk of the label whose last stage ends at the sink."""
        before, node = np.concatenate(self.before), np.concatenate(self.node)
        place = np.concatenate(self.place)
        cuts, nodes = [], []
        while index >= 0:
            cuts.append(int(place[index]))
            nodes.append(int(node[index]))
            index = int(before[index])
        return tables.chain(cuts[-2::-1], nodes[::-1])


def search_labels(search: LabelSearch, budget: Budget) -> LabelAnswer:
    """The best walk that holds the tracked rows, or a bound if the width or time is too short."""
    return _Run(search, budget).answer()


class _Run:
    def __init__(self, search: LabelSearch, budget: Budget) -> None:
        self._search, self._budget = search, budget
        self._tables = search.tables
        self._n_nodes = len(search.tables.entry)
        self._limit = search.limits.limit[search.tracked]
        self._stage_use = np.zeros((self._n_nodes, len(search.tracked)))
        per_stage = search.limits.per_stage
        for column, row in enumerate(search.tracked):
            if row >= self._n_nodes:
                self._stage_use[:, column] = per_stage[row - self._n_nodes]
        self._column = {int(row): c for c, row in enumerate(search.tracked) if row < self._n_nodes}
        self._sign = np.where(self._limit < 0, -1, 1)
        self._store = _Store()
        self._cutoff = search.ceiling
        self._dropped = inf
        self._best: tuple[float, int] = (inf, -1)
        open_to = np.arange(self._tables.n_places + 1)[:, np.newaxis, np.newaxis]
        self._last_stop = np.where(np.isfinite(self._tables.value), open_to, 0).max(axis=0)

    def answer(self) -> LabelAnswer:
        """Sweeps over the boundaries."""
        tables = self._tables
        open_labels = [self._first(n) for n in range(self._n_nodes)]
        for j in range(1, tables.n_places + 1):
            if self._budget.spent:
                return self._result(-inf)
            ends = [self._ends(j, n, open_labels[n]) for n in range(self._n_nodes)]
            if j == tables.n_places:
                self._finish(ends)
                break
            for n in range(self._n_nodes):
                new = self._starts(j, n, ends)
                alive = open_labels[n].at(self._last_stop[n, open_labels[n].place] > j)
                open_labels[n] = _joined([alive, new])
        return self._result(self._dropped)

    def _result(self, dropped: float) -> LabelAnswer:
        value, index = self._best
        chain = None if index < 0 else self._store.chain(self._tables, index)
        bound = min(self._cutoff, dropped)
        return LabelAnswer(value, chain, bound, is_complete=dropped == inf)

    def _first(self, n: int) -> _Labels:
        price = self._tables.entry[n : n + 1]
        use = np.zeros((1, len(self._search.tracked)))
        nothing = np.array([-1])
        labels = _Labels(price, price, use, np.array([0]), nothing)
        labels = labels.at(np.isfinite(price) & (self._last_stop[n, :1] > 0))
        return self._kept(labels, n, 0)

    def _ends(self, j: int, n: int, labels: _Labels) -> _Labels:
        """Stages on n that end at j, of the labels that started before."""
        done = self._search.completions
        price = self._tables.value[j, n, labels.place]
        labels = labels.at(np.isfinite(price))
        price = self._tables.value[j, n, labels.place]
        n_bytes = self._tables.n_bytes[j, n, labels.place]
        extra = done.extra.per_byte[n] * n_bytes + done.extra.per_stage
        use = labels.use + self._stage_use[n]
        if n in self._column:
            use[:, self._column[n]] += n_bytes
        labels = _Labels(
            labels.value + price, labels.priced + price + extra, use, labels.place, labels.index
        )
        is_last = j == self._tables.n_places
        holds = (use <= self._limit) | ((self._sign < 0) & (not is_last))
        labels = labels.at(holds.all(axis=1))
        labels = self._promising(labels, done.onward.end[j, n], _SPARE * self._search.width)
        return labels.at(self._undominated(labels))

    def _promising(self, labels: _Labels, onward: float, most: int) -> _Labels:
        """Those that may lead below the ceiling; the best by their bounds if there are too many."""
        bound = labels.priced + onward - self._search.completions.worth
        chosen = np.flatnonzero(bound < self._threshold)
        if len(chosen) > most:
            order = chosen[np.argsort(bound[chosen], kind="stable")]
            self._dropped = min(self._dropped, float(bound[order[most]]))
            chosen = order[:most]
        return labels.at(chosen)

    @property
    def _threshold(self) -> float:
        """Bounds from here on are of no use."""
        return self._cutoff - 1e-10 * abs(self._cutoff) if self._cutoff < inf else inf

    def _undominated(self, labels: _Labels) -> _Ints:
        """More stages than the least number are no better than just enough."""
        use = np.where(self._sign < 0, np.maximum(labels.use, self._limit), labels.use)
        return undominated(labels.value, use)

    def _starts(self, j: int, n: int, ends: list[_Labels]) -> _Labels:
        """Stages on n that start at j, after any other node's."""
        hops = self._tables.hop[j, :, n]
        arrivals = [
            _Labels(e.value + hop, e.priced + hop, e.use, np.full(len(e.value), j), e.index)
            for e, hop in zip(ends, hops, strict=True)
            if len(e.value) and np.isfinite(hop)
        ]
        if not arrivals or self._last_stop[n, j] <= j:
            return ends[0].at(np.array([], dtype=np.int64))
        labels = _joined(arrivals)
        onward, width = self._search.completions.onward.start[j, n], self._search.width
        labels = self._promising(labels, onward, _SPARE * width)
        labels = self._promising(labels.at(self._undominated(labels)), onward, width)
        return self._kept(labels, n, j)

    def _kept(self, labels: _Labels, n: int, place: int) -> _Labels:
        """In the store."""
        index = self._store.add(labels.index, n, place)
        return _Labels(labels.value, labels.priced, labels.use, labels.place, index)

    def _finish(self, ends: list[_Labels]) -> None:
        for n, labels in enumerate(ends):
            total = labels.value + self._tables.exit[n]
            if len(total) and total.min() < self._cutoff:
                chosen = int(total.argmin())
                self._best = (float(total[chosen]), int(labels.index[chosen]))
                self._cutoff = self._best[0]


def _joined(parts: list[_Labels]) -> _Labels:
    return _Labels(
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.priced for part in parts]),
        np.concatenate([part.use for part in parts]),
        np.concatenate([part.place for part in parts]),
        np.concatenate([part.index for part in parts]),
    )
