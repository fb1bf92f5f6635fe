"""The recurrence over downsets and itineraries: the best plan over all orders of the blocks.

Legend: I, J are downsets, I < J; s, r are states of an itinerary on the nodes n_s, n_r; C_n[J] =
price of the blocks of J on n. `downset_starts` has the inner minimum and what fits.

    arrive_s[I] = entry(n_s) if I is empty else min over r before s of
                  finish_r[I] + hop(n_r, n_s, crossing bytes of I)
    finish_s[J] = C_n[J] + min over I < J whose stage fits n_s of (arrive_s[I] - C_n[I])
    value       = min over s of finish_s[all] + exit(n_s)

Source: the dynamic programming over downsets ("ideals") of J. M. Tarnawski et al., "Efficient
algorithms for device placement of DNN graph operators", NeurIPS 2020, here with unequal nodes, a
link matrix and peaks of live memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.branching.downset_prices import DownsetPrices
from planner.solvers.branching.downset_starts import all_starts
from planner.solvers.branching.itineraries import Itineraries
from planner.solvers.budget import Budget

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_MOST_WORK = 1_000_000_000
"""Pairs of a start and an end under a cap; about half a minute."""
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
    """Stages of least value among those between the priced downsets; none if it is cut off.

    Only plans that are no worse than the ceiling are looked for. For S states and D downsets it
    takes O(S D) on nodes that every stage fits, and O(S D²) on others, times the share that fits.
    Equal values, as computed: the smallest start and the first state win, from the back.
    """
    search = _Search(prices, states, ceiling)
    for level in prices.downsets.levels[1:]:
        if not search.advance(level, budget):
            return None
    return search.result()


class _Search:
    """Values of all downsets of the sizes so far."""

    def __init__(self, prices: DownsetPrices, states: Itineraries, ceiling: float) -> None:
        n_states, n_downsets = len(states.node), len(prices.downsets.masks)
        self._prices, self._states = prices, states
        self._ceiling = ceiling * (1 + _SLACK)
        self._finish = np.full((n_states + 1, n_downsets), np.inf)  # the last is no state
        self._start = np.zeros((n_states, n_downsets), dtype=np.int32)
        self._previous = np.zeros((n_states, n_downsets), dtype=np.int32)
        first = np.where(states.is_first, prices.entry[states.node], np.inf)
        self._starts = all_starts(prices, states.node, first)

    def advance(self, level: tuple[int, int], budget: Budget) -> bool:
        """Values of the downsets of the next size; false if time or work is used up."""
        if sum(starts.work for starts in self._starts) > _MOST_WORK:
            return False
        for starts in self._starts:
            best = starts.best(level, budget)
            if best is None:
                return False
            prefix = self._prices.prefix[self._states.node[starts.states], level[0] : level[1]]
            self._finish[starts.states, level[0] : level[1]] = prefix + best[0]
            self._start[starts.states, level[0] : level[1]] = best[1]
        saved = self._arrive(level) - self._prices.prefix[self._states.node, level[0] : level[1]]
        for starts in self._starts:
            starts.add(level, saved[starts.states])
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

    def _arrive(self, level: tuple[int, int]) -> _Floats:
        """Arrivals at the level's downsets, infinite where hopeless; notes the states before."""
        states, places = self._states, np.arange(*level)
        nodes = np.append(states.node, 0)[states.before]  # [S, P]
        hops = self._prices.between[
            nodes[:, :, np.newaxis], states.node[:, np.newaxis, np.newaxis], places
        ]
        through = self._finish[states.before[:, :, np.newaxis], places] + hops  # [S, P, level]
        self._previous[:, level[0] : level[1]] = np.take_along_axis(
            states.before, through.argmin(axis=1), axis=1
        )
        return self._hopeful(through.min(axis=1), places)

    def _hopeful(self, arrive: _Floats, places: _Ints) -> _Floats:
        """Arrivals without those above the ceiling, or no earlier than a freer state's."""
        least = arrive + self._prices.completion[self._states.node][:, places]
        kept = np.where(least <= self._ceiling, arrive, np.inf)
        for state, freer in enumerate(self._states.freer):
            if freer:
                best = arrive[list(freer)].min(axis=0)
                kept[state, best <= arrive[state]] = np.inf
        return kept
