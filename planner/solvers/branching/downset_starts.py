"""Where a stage that ends at a downset starts best: with room for every stage, and under a cap.

Legend: I, J are downsets, I < J; saved_s[I] = arrive_s[I] - C_n[I], what a stage that starts at I
in state s has over the prefix of its node n; P[I, J] = least peak of live bytes over all orders of
the blocks J - I. Both classes answer, level by level of equally large J,

    min over I < J whose stage fits n of saved_s[I],   and which I it is
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.solvers.branching.downset_prices import DownsetPrices
from planner.solvers.budget import Budget

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Level = tuple[int, int]

_OUTSIDE = np.iinfo(np.int64).max


class Starts(Protocol):
    """The starts so far, for some states of an itinerary."""

    states: _Ints
    """Which states."""
    work: int
    """Pairs of a start and an end looked at so far, times the states that they were for."""

    def best(self, level: _Level, budget: Budget) -> tuple[_Floats, _Ints] | None:
        """Least saved and its start, for each state and downset of the level; none if cut off."""
        ...

    def add(self, level: _Level, saved: _Floats) -> None:
        """The same downsets as starts; infinite where a start is hopeless."""
        ...


class RoomyStarts:
    """For nodes that every stage fits: the best start below J is one below some J - b. O(S D)."""

    def __init__(self, prices: DownsetPrices, states: _Ints, first: _Floats) -> None:
        shape = (len(states), len(prices.downsets.masks))
        self.states, self.work = states, 0
        self._steps = prices.steps
        self._least = np.full(shape, np.inf)
        self._start = np.zeros(shape, dtype=np.int64)
        self._least[:, 0] = first

    def best(self, level: _Level, budget: Budget) -> tuple[_Floats, _Ints] | None:
        """See `Starts`; equal values: the smallest start."""
        if budget.spent:
            return None
        first = self._steps.first[level[0] : level[1] + 1]
        before = self._steps.before[first[0] : first[-1]]
        groups = first[:-1] - first[0]
        values, starts = self._least[:, before], self._start[:, before]
        least: _Floats = np.minimum.reduceat(values, groups, axis=1)
        reached = values == np.repeat(least, np.diff(first), axis=1)
        candidates = np.where(reached, starts, np.iinfo(np.int64).max)
        return least, np.minimum.reduceat(candidates, groups, axis=1)

    def add(self, level: _Level, saved: _Floats) -> None:
        """See `Starts`."""
        places = np.arange(*level)
        below = self.best(level, Budget())
        assert below is not None  # without a deadline there is always an answer
        least, start = below
        own = saved < least
        self._least[:, level[0] : level[1]] = np.where(own, saved, least)
        self._start[:, level[0] : level[1]] = np.where(own, places, start)


class CappedStarts:
    """For one node under its cap: all starts from which something still fits. O(S D²).

    From a start from which nothing of one size fits, nothing larger fits either: P and the weights
    only grow from J - b to J. So few starts stay open where the cap is tight.
    """

    def __init__(self, prices: DownsetPrices, states: _Ints, first: _Floats, node: int) -> None:
        self.states, self.work = states, 0
        self._prices, self._node = prices, node
        self._columns = np.zeros(1, dtype=np.int64)
        self._saved = first[:, np.newaxis]  # [S, columns]
        self._peaks = np.zeros((1, 1), dtype=np.int64)  # [downsets of the level, columns]: P
        self._first = 0
        self._next_peaks = self._peaks
        self._useful = np.ones(1, dtype=np.bool_)

    def best(self, level: _Level, budget: Budget) -> tuple[_Floats, _Ints] | None:
        """See `Starts`; equal values: the smallest start."""
        least = np.full((len(self.states), level[1] - level[0]), np.inf)
        start = np.zeros(least.shape, dtype=np.int64)
        self._next_peaks = np.full((least.shape[1], len(self._columns)), _OUTSIDE)
        self._useful = np.zeros(len(self._columns), dtype=np.bool_)
        for row, stop in enumerate(range(*level)):
            if budget.spent:
                return None
            peaks = self._peaks_to(stop)
            self._next_peaks[row] = peaks
            fitting = self._fitting(stop, peaks)
            self.work += len(peaks) + fitting.size * len(self.states)
            if len(fitting):
                self._useful[fitting] = True
                saved = self._saved[:, fitting]
                chosen = saved.argmin(axis=1)
                least[:, row] = saved[np.arange(len(saved)), chosen]
                start[:, row] = self._columns[fitting[chosen]]
        return least, start

    def add(self, level: _Level, saved: _Floats) -> None:
        """See `Starts`; drops those that lead nowhere."""
        new: NDArray[np.bool_] = np.any(np.isfinite(saved), axis=0)
        own = np.where(np.eye(len(new), dtype=np.bool_), 0, _OUTSIDE)
        self._peaks = np.hstack((self._next_peaks[:, self._useful], own[:, new]))
        self._saved = np.hstack((self._saved[:, self._useful], saved[:, new]))
        self._columns = np.concatenate((self._columns[self._useful], np.arange(*level)[new]))
        self._first = level[0]

    def _peaks_to(self, stop: int) -> _Ints:
        """P from each column to one downset; `_OUTSIDE` if the column is no part of it."""
        steps = self._prices.steps
        pairs = slice(steps.first[stop], steps.first[stop + 1])
        before = self._peaks[steps.before[pairs] - self._first]
        work = steps.work_bytes[pairs, np.newaxis]
        peaks: _Ints = np.maximum(before, work).min(axis=0)
        return peaks

    def _fitting(self, stop: int, peaks: _Ints) -> _Ints:
        inside = np.flatnonzero(peaks != _OUTSIDE)
        starts = self._columns[inside]
        weights = self._prices.weight_bytes(starts, stop)
        return inside[self._prices.fits(self._node, starts, weights, peaks[inside])]


def all_starts(prices: DownsetPrices, node_of: _Ints, first: _Floats) -> list[Starts]:
    """The starts of all states, those of roomy nodes together.

    Args:
        prices: of the downsets.
        node_of: node of each state.
        first: price of arriving at the empty downset in each state.
    """
    is_roomy = np.array(prices.is_roomy)[node_of]
    roomy, capped = np.flatnonzero(is_roomy), np.flatnonzero(~is_roomy)
    found: list[Starts] = []
    if len(roomy):
        found.append(RoomyStarts(prices, roomy, first[roomy]))
    for node in np.unique(node_of[capped]):
        states = capped[node_of[capped] == node]
        found.append(CappedStarts(prices, states, first[states], int(node)))
    return found
