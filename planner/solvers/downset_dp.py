"""The recurrence over downsets and itineraries: the best plan over all orders of the blocks.

Legend: I, J are downsets, I < J; s, r are states of an itinerary on the nodes n_s, n_r; C_n[J] =
price of the blocks of J on n; P[I, J] = least peak of live bytes over all orders of J - I.

    arrive_s[I] = entry(n_s) if I is empty else min over r before s of
                  finish_r[I] + hop(n_r, n_s, crossing bytes of I)
    finish_s[J] = C_n[J] + min over I < J whose stage fits n_s of (arrive_s[I] - C_n[I])
    P[I, J]     = min over the blocks b that can run last in J of max(P[I, J - b], live(b, J - b))
    value       = min over s of finish_s[all] + exit(n_s)

Source: the dynamic programming over downsets ("ideals") of J. M. Tarnawski et al., "Efficient
algorithms for device placement of DNN graph operators", NeurIPS 2020, here with unequal nodes, a
link matrix and peaks of live memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.downset_prices import DownsetPrices
from planner.solvers.itineraries import Itineraries

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_NONE = np.iinfo(np.int64).max
_SLACK = 1e-9
"""Sums in another order differ by less, relative to their value."""


@dataclass(frozen=True)
class DownsetStage:
    """The blocks that the downset `stop` has beyond the downset `start`, on one node."""

    start: int
    stop: int
    node: int


@dataclass(frozen=True)
class Found:
    """What a search came to."""

    stages: tuple[DownsetStage, ...]
    """Empty if no plan is as good as the ceiling."""
    value: float
    """Of the stages; infinite if there are none."""


def best_downset_stages(
    prices: DownsetPrices, states: Itineraries, *, ceiling: float, budget: Budget
) -> Found | None:
    """Stages of least value among those between the priced downsets; none if the time is up.

    Only plans that are no worse than the ceiling are looked for. O(S D²) for S states and D
    downsets, times the share that fits and is within the ceiling. Equal values, as computed: the
    smallest start and the first state win, from the back.
    """
    search = _Search(prices, states, ceiling)
    for level in prices.downsets.levels[1:]:
        if not search.advance(level, budget):
            return None
    return search.result()


class _Search:
    """Values of all downsets of the sizes so far; columns are the starts still worth keeping."""

    def __init__(self, prices: DownsetPrices, states: Itineraries, ceiling: float) -> None:
        n_states, n_downsets = len(states.node), len(prices.downsets.masks)
        self._prices, self._states = prices, states
        self._ceiling = ceiling * (1 + _SLACK)
        self._on_node = [np.flatnonzero(states.node == n) for n in range(len(prices.entry))]
        self._finish = np.full((n_states + 1, n_downsets), np.inf)  # the last is no state
        self._start = np.zeros((n_states, n_downsets), dtype=np.int32)
        self._previous = np.zeros((n_states, n_downsets), dtype=np.int32)
        entry = np.where(states.is_first, prices.entry[states.node], np.inf)
        self._columns = np.zeros(1, dtype=np.int64)
        self._saved = entry[:, np.newaxis]  # [S, columns]: arrive - C
        self._peaks = np.zeros((1, 1), dtype=np.int64)  # [downsets of the level, columns]: P
        self._first = 0

    def advance(self, level: tuple[int, int], budget: Budget) -> bool:
        """Values of the downsets of the next size; false if the time is up."""
        peaks = np.full((level[1] - level[0], len(self._columns)), _NONE)
        useful = np.zeros(len(self._columns), dtype=np.bool_)
        for stop in range(*level):
            if budget.spent:
                return False
            row = self._peaks_before(stop)
            peaks[stop - level[0]] = row
            self._stages_to(stop, row, useful)
        self._arrive(level, peaks, useful)
        return True

    def result(self) -> Found:
        """The best stages that end with all blocks done."""
        states = self._states
        exits = np.where(states.is_last, self._prices.exit[states.node], np.inf)
        total = self._finish[:-1, -1] + exits
        state = int(total.argmin())
        if not total[state] <= self._ceiling or not np.isfinite(total[state]):
            return Found((), np.inf)
        stages: list[DownsetStage] = []
        value, stop = float(total[state]), len(self._prices.downsets.masks) - 1
        while stop:
            start = int(self._start[state, stop])
            stages.append(DownsetStage(start, stop, int(states.node[state])))
            state, stop = int(self._previous[state, start]), start
        return Found(tuple(reversed(stages)), value)

    def _peaks_before(self, stop: int) -> _Ints:
        """P of the stages from each column to one downset."""
        steps = self._prices.steps
        pairs = slice(steps.first[stop], steps.first[stop + 1])
        before = self._peaks[steps.before[pairs] - self._first]
        live = steps.live_bytes[pairs, np.newaxis]
        row: _Ints = np.maximum(before, live).min(axis=0)
        return row

    def _stages_to(self, stop: int, row: _Ints, useful: NDArray[np.bool_]) -> None:
        """Finishes one downset; notes which columns have a stage that fits."""
        prices = self._prices
        inside = np.flatnonzero(row != _NONE)
        starts, live = self._columns[inside], row[inside]
        weights = None if all(prices.is_roomy) else prices.weight_bytes(starts, stop)
        for node, states in enumerate(self._on_node):
            fitting = inside
            if weights is not None and not prices.is_roomy[node]:
                fitting = inside[prices.fits(node, starts, weights, live)]
            if not len(fitting):
                continue
            useful[fitting] = True
            saved = self._saved[states[:, np.newaxis], fitting]
            chosen = saved.argmin(axis=1)
            least = saved[np.arange(len(states)), chosen]
            self._finish[states, stop] = prices.prefix[node, stop] + least
            self._start[states, stop] = self._columns[fitting[chosen]]

    def _arrive(self, level: tuple[int, int], peaks: _Ints, useful: NDArray[np.bool_]) -> None:
        """Makes columns of the level's downsets, and drops those that lead nowhere.

        A start from which nothing of this size fits has nothing larger that fits either.
        """
        prices, states = self._prices, self._states
        places = np.arange(*level)
        nodes = np.append(states.node, 0)[states.before]  # [S, P]
        hops = prices.between[
            nodes[:, :, np.newaxis], states.node[:, np.newaxis, np.newaxis], places
        ]
        through = self._finish[states.before[:, :, np.newaxis], places] + hops  # [S, P, level]
        self._previous[:, level[0] : level[1]] = np.take_along_axis(
            states.before, through.argmin(axis=1), axis=1
        )
        arrive = through.min(axis=1)
        new = arrive.min(axis=0) + prices.rest[places] + prices.exit.min() <= self._ceiling
        own = np.where(np.eye(len(places), dtype=np.bool_), 0, _NONE)
        self._peaks = np.hstack((peaks[:, useful], own[:, new]))
        saved = arrive - prices.prefix[states.node][:, places]
        self._saved = np.hstack((self._saved[:, useful], saved[:, new]))
        self._columns = np.concatenate((self._columns[useful], places[new]))
        self._first = level[0]
