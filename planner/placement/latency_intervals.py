"""Least latency over the placements whose blocks are intervals of one topological order.

The search of `latency_exact`, with the prefixes of an order as its only downsets and, at each
prefix, the two most promising labels per number of used accelerators: one that arrived by a block
and one that arrived by an operator on the CPU. Labels carry the ready times of all outputs that
are still needed, so operators on the CPU and blocks run at the same time wherever they can. All
intervals that start at one prefix are priced in one sweep of arrays.

Source: the linearisation heuristic, for the maximum load, of Tarnawski, Phanishayee, Devanur,
Mahajan and Nina Paravecino, "Efficient Algorithms for Device Placement of DNN Graph Operators",
NeurIPS 2020; the labels are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.placement.latency_clock import Deadline
from planner.placement.latency_labels import remainders_s
from planner.placement.latency_tables import LatencyTables, mask_of, members

_Floats = NDArray[np.float64]
_Ints = NDArray[np.intp]
_Bools = NDArray[np.bool_]

# Labels that used this many accelerators or more compete with each other.
_MOST_COUNTS = 24
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Labels:
    """The labels kept at one prefix, one per row."""

    n_used: _Ints
    latest_s: _Floats
    ready_s: _Floats
    """A row per label, a column per open output of the prefix."""
    came_from: list[tuple[int, int, bool]]
    """Prefix and row of the label before, and whether a block lies between."""

    @classmethod
    def start(cls) -> _Labels:
        """The label of the empty prefix."""
        return cls(np.zeros(1, dtype=np.intp), np.zeros(1), np.zeros((1, 0)), [(-1, -1, False)])


class IntervalSearch:
    """Cuts orders of one instance into blocks and operators on the CPU."""

    def __init__(self, tables: LatencyTables) -> None:
        self._tables = tables
        self._through_s = remainders_s(tables)

    def packed_blocks(self, order: Sequence[int]) -> tuple[int, ...]:
        """Blocks as long as memory allows, one after another until no accelerator is left."""
        data = _Order(self._tables, order, self._through_s)
        blocks: list[int] = []
        start = 0
        while start < data.n and len(blocks) < self._tables.n_accelerators:
            stop = data.longest_interval(start)
            whole = np.flatnonzero(data.is_whole(start, stop))
            if len(whole):
                stop = start + int(whole[-1]) + 1
                blocks.append(mask_of(order[start:stop]))
            start = max(stop, start + 1) if len(whole) else start + 1
        return tuple(blocks)

    def best_blocks(
        self, order: Sequence[int], known_s: float, deadline: Deadline
    ) -> tuple[int, ...] | None:
        """Blocks of the best placement found; none if the deadline came first.

        Blocks that lead to more than a value that is known are not followed.
        """
        data = _Order(self._tables, order, self._through_s)
        sweep = _Sweep(data, self._tables.n_accelerators, known_s)
        for position in range(len(order)):
            if deadline.is_over():
                return None
            sweep.price_intervals(position)
            sweep.advance(position)
        return tuple(mask_of(order[start:stop]) for start, stop in sweep.intervals())


class _Order:
    """What the sweep reads of an order; operators go by their position in it."""

    def __init__(
        self, tables: LatencyTables, order: Sequence[int], through_s: Sequence[float]
    ) -> None:
        place = {v: index for index, v in enumerate(order)}
        self.n = len(order)
        self.cap_bytes = tables.cap_bytes
        self.cpu_s = [tables.cpu_s[v] for v in order]
        self.producers = [[place[u] for u in tables.producers[v] if u in place] for v in order]
        self.consumers = [
            sorted(place[w] for w in tables.consumers[v] if w in place) for v in order
        ]
        self.last = np.array([max(read, default=-1) for read in self.consumers], dtype=np.intp)
        self.transfer_s = np.array([tables.transfer_s[v] for v in order]) * (self.last >= 0)
        self.accelerator_sums_s = _sums([tables.accelerator_s[v] for v in order])
        self.size_sums_bytes = _sums([tables.size_bytes[v] for v in order])
        self.transfer_sums_s = _sums(self.transfer_s)
        through = np.array([*(through_s[v] for v in order), 0.0])
        self.remainder_s = np.maximum.accumulate(through[::-1])[::-1]
        """Per prefix, what the slowest operator behind it still takes, at least."""
        classes = [[place[u] for u in members(tables.colour_masks[v])] for v in order]
        self.class_start = np.array([min(places) for places in classes], dtype=np.intp)
        self.class_stop = np.array([max(places) + 1 for places in classes], dtype=np.intp)
        self.is_barred = np.array([tables.unplaceable >> v & 1 for v in order], dtype=bool)

    def longest_interval(self, start: int) -> int:
        """Where intervals from a start must stop: before the first operator that cannot join."""
        most_bytes = self.size_sums_bytes[start] + self.cap_bytes
        stop = int(np.searchsorted(self.size_sums_bytes, most_bytes, side="right")) - 1
        bad = self.is_barred[start:stop] | (self.class_start[start:stop] < start)
        return start + int(bad.argmax()) if bad.any() else stop

    def is_whole(self, start: int, stop: int) -> _Bools:
        """Per interval from a start, up to a stop, whether it holds whole colour classes only."""
        reach = np.maximum.accumulate(self.class_stop[start:stop])
        return np.asarray(reach <= np.arange(start + 1, stop + 1))


class _Sweep:
    """Labels of all prefixes up to one that advances."""

    def __init__(self, order: _Order, n_accelerators: int, known_s: float) -> None:
        self._order = order
        self._n_accelerators = n_accelerators
        shape = (min(n_accelerators, _MOST_COUNTS) + 1, order.n + 1)
        self._best_key_s = np.full(shape, known_s * (1 + _ROUNDING))
        self._best_end_s = np.full(shape, np.inf)
        self._best_from = np.zeros((*shape, 2), dtype=np.intp)
        self._labels = [_Labels.start()]
        self._open = [np.zeros(0, dtype=np.intp)]
        self._next_read = np.array([min(read, default=-1) for read in order.consumers])
        self._n_read = [0] * order.n
        self._closing_s = np.zeros(order.n + 2)
        """Σ transfer of the outputs behind the prefix, by the prefix that no longer needs them."""
        np.add.at(self._closing_s, order.last + 1, order.transfer_s)

    def price_intervals(self, start: int) -> None:
        """Extends the labels of a prefix by every interval that begins there."""
        order = self._order
        stop = order.longest_interval(start)
        if stop == start or self._n_accelerators == 0:
            return
        labels, live = self._labels[start], self._open[start]
        n = stop - start
        stops = np.arange(start + 1, stop + 1)
        whole = order.is_whole(start, stop)
        reached = self._next_read[live] - start
        near = reached < n
        read_s = np.bincount(reached[near], order.transfer_s[live[near]], minlength=n)
        closed_s = np.cumsum(self._closing_s[start + 1 : stop + 1])
        sent_s = order.transfer_sums_s[stops] - order.transfer_sums_s[start] - closed_s
        run_s = order.accelerator_sums_s[stops] - order.accelerator_sums_s[start]
        run_s = np.where(whole, run_s + np.cumsum(read_s) + sent_s, np.inf)
        begin_s = np.zeros((n, len(labels.n_used)))
        np.maximum.at(begin_s, reached[near], labels.ready_s[:, near].T)
        end_s = np.maximum.accumulate(begin_s).T + run_s
        key_s = np.maximum(end_s + order.remainder_s[stops], self._waiting_s(start, stop))
        self._offer(start, stops, key_s, end_s)

    def advance(self, position: int) -> None:
        """Settles the labels of the next prefix, which ends behind an operator."""
        order = self._order
        for u in order.producers[position]:
            self._n_read[u] += 1
            read = order.consumers[u]
            self._next_read[u] = read[self._n_read[u]] if self._n_read[u] < len(read) else -1
        self._closing_s[order.last[position] + 1] -= order.transfer_s[position]
        prefix = position + 1
        live = np.append(self._open[position], position)
        live = live[order.last[live] >= prefix]
        self._open.append(live)
        candidates = [*self._by_cpu(position, live), *self._by_block(prefix, live)]
        self._labels.append(self._best_of(candidates, live))

    def intervals(self) -> list[tuple[int, int]]:
        """The blocks of the best label of the whole order."""
        prefix = self._order.n
        row = int(self._labels[prefix].latest_s.argmin())
        found = []
        while prefix > 0:
            before, row_before, is_block = self._labels[prefix].came_from[row]
            if is_block:
                found.append((before, prefix))
            prefix, row = before, row_before
        return found[::-1]

    def _waiting_s(self, start: int, stop: int) -> _Floats:
        """Per label and stop, a least finish as far as the outputs before the start decide it."""
        order = self._order
        labels, live = self._labels[start], self._open[start]
        waiting_s = np.zeros((stop - start, len(labels.n_used)))
        # An output waits at a stop for as long as its last consumer lies at or behind the stop.
        until = np.minimum(order.last[live], stop) - start - 1
        kept = until >= 0
        remainder_s = order.remainder_s[order.last[live[kept]]]
        np.maximum.at(waiting_s, until[kept], (labels.ready_s[:, kept] + remainder_s).T)
        waiting_s = np.maximum.accumulate(waiting_s[::-1])[::-1]
        return np.maximum(waiting_s.T, labels.latest_s[:, None])

    def _offer(self, start: int, stops: _Ints, key_s: _Floats, end_s: _Floats) -> None:
        for row, n_used in enumerate(self._labels[start].n_used.tolist()):
            if n_used == self._n_accelerators:
                continue
            count = min(n_used + 1, len(self._best_key_s) - 1)
            better = stops[key_s[row] < self._best_key_s[count, stops]]
            self._best_key_s[count, better] = key_s[row, better - stops[0]]
            self._best_end_s[count, better] = end_s[row, better - stops[0]]
            self._best_from[count, better] = (start, row)

    def _by_cpu(self, position: int, live: _Ints) -> list[_Candidate]:
        """Each label of the prefix before, with one more operator on the CPU."""
        order, labels = self._order, self._labels[position]
        columns = np.searchsorted(self._open[position], order.producers[position])
        begin_s = labels.ready_s[:, columns].max(axis=1, initial=0.0)
        end_s = begin_s + order.cpu_s[position]
        old = live[live < position]
        ready_s = labels.ready_s[:, np.searchsorted(self._open[position], old)]
        if len(old) < len(live):
            ready_s = np.column_stack((ready_s, end_s))
        latest_s = np.maximum(labels.latest_s, end_s)
        return [
            _Candidate(int(n_used), float(latest_s[row]), ready_s[row], (position, row, False))
            for row, n_used in enumerate(labels.n_used)
        ]

    def _by_block(self, prefix: int, live: _Ints) -> list[_Candidate]:
        """The best label that ends with a block here, per number of used accelerators."""
        found = []
        for count in np.flatnonzero(np.isfinite(self._best_end_s[:, prefix])):
            start, row = self._best_from[count, prefix].tolist()
            end_s = float(self._best_end_s[count, prefix])
            labels = self._labels[start]
            old = live[live < start]
            ready_s = np.full(len(live), end_s)
            ready_s[: len(old)] = labels.ready_s[row, np.searchsorted(self._open[start], old)]
            latest_s = max(float(labels.latest_s[row]), end_s)
            n_used = int(labels.n_used[row]) + 1
            found.append(_Candidate(n_used, latest_s, ready_s, (start, row, True)))
        return found

    def _best_of(self, candidates: list[_Candidate], live: _Ints) -> _Labels:
        """The best candidate per number of used accelerators and kind of step."""
        remainder_s = self._order.remainder_s[self._next_read[live]]
        best: dict[tuple[int, bool], tuple[float, float, _Candidate]] = {}
        for candidate in candidates:
            through_s = (candidate.ready_s + remainder_s).max(initial=candidate.latest_s)
            key = (float(through_s), float(candidate.ready_s.sum()))
            slot = (min(candidate.n_used, _MOST_COUNTS), candidate.came_from[2])
            if slot not in best or key < best[slot][:2]:
                best[slot] = (*key, candidate)
        kept: list[_Candidate] = []
        least = (np.inf, np.inf)
        # More accelerators must buy something.
        for _, (through_s, sum_s, candidate) in sorted(best.items(), key=lambda item: item[0]):
            if (through_s, sum_s) < least:
                least = (through_s, sum_s)
                kept.append(candidate)
        return _Labels(
            n_used=np.array([candidate.n_used for candidate in kept], dtype=np.intp),
            latest_s=np.array([candidate.latest_s for candidate in kept]),
            ready_s=np.array([candidate.ready_s for candidate in kept]),
            came_from=[candidate.came_from for candidate in kept],
        )


@dataclass(frozen=True)
class _Candidate:
    n_used: int
    latest_s: float
    ready_s: _Floats
    came_from: tuple[int, int, bool]


def _sums(values: Sequence[float] | _Floats) -> _Floats:
    return np.concatenate(([0.0], np.cumsum(values)))
