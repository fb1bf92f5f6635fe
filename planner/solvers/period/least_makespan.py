"""The least makespan, by branch and bound over ranges of the period.

The least latency L(T) of plans with a period of at most T never rises with T. So all plans with a
period in (low, high] have a makespan of at least L(high) + (m - 1) · low, and asking for L at a
period in between either splits the range, or shows that a part of it holds nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from planner.breakdown import Breakdown
from planner.plan import Plan
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError, check

_CLOSE = 1e-11
_NARROW = 0.05
"""Ranges that are relatively narrower are left from above, plan by plan."""
Priced = tuple[Plan, Breakdown]


class _Range(NamedTuple):
    bound_s: float
    """Of the makespan."""
    low_s: float
    high_s: float
    latency_s: float
    """The least of any plan in the range."""
    from_above: bool
    """Whether to ask just below the upper end next, if it is narrow."""


@dataclass(frozen=True)
class LeastMakespan:
    """What the search found."""

    best: Priced | None
    lower_bound_s: float
    is_complete: bool


class MakespanSearch:
    """Finds the least makespan with a function for the least latency under a period."""

    def __init__(
        self,
        least_latency: Callable[[float], Priced | None],
        micro_batches: int,
        *,
        lower_bound_s: float,
    ) -> None:
        """Takes what `least_latency(period)` finds, and a lower bound on the period.

        The function may raise `SpentError` when its time is over; the search then ends.
        """
        self._least_latency, self._rest = least_latency, micro_batches - 1
        self._low_s = lower_bound_s
        self._ranges: list[_Range] = []
        self._best: Priced | None = None
        self._best_s = float("inf")

    def run(self, longest_s: float, budget: Budget) -> LeastMakespan:
        """Over all plans with at most this period."""
        try:
            first = self._ask(longest_s)
        except SpentError:
            # No plan's latency is below its period.
            return LeastMakespan(None, (self._rest + 1) * self._low_s, is_complete=False)
        if first is None:
            return LeastMakespan(None, self._best_s, is_complete=True)
        self._add(self._low_s, first.period_s, first.latency_s, from_above=True)
        while self._ranges and self._ranges[0].bound_s < self._best_s * (1 - _CLOSE):
            bound_s = self._ranges[0].bound_s
            try:
                check(budget)
                self._split(heapq.heappop(self._ranges))
            except SpentError:
                return LeastMakespan(self._best, bound_s, is_complete=False)
        return LeastMakespan(self._best, self._best_s, is_complete=True)

    def _split(self, part: _Range) -> None:
        above = part.from_above and part.low_s > part.high_s * (1 - _NARROW)
        middle_s = part.high_s * (1 - _CLOSE) if above else (part.low_s + part.high_s) / 2
        found = self._ask(middle_s)
        if found is not None and found.period_s < part.high_s:
            # Between the found period and the one asked for, nothing has less latency.
            self._add(part.low_s, found.period_s, found.latency_s, from_above=not above)
        if not above:
            self._add(middle_s, part.high_s, part.latency_s, from_above=True)

    def _ask(self, period_s: float) -> Breakdown | None:
        found = self._least_latency(period_s)
        if found is None:
            return None
        makespan_s = found[1].makespan_s(self._rest + 1)
        if makespan_s < self._best_s:
            self._best, self._best_s = found, makespan_s
        return found[1]

    def _add(self, low_s: float, high_s: float, latency_s: float, *, from_above: bool) -> None:
        bound_s = latency_s + self._rest * low_s
        if low_s < high_s and bound_s < self._best_s * (1 - _CLOSE):
            heapq.heappush(self._ranges, _Range(bound_s, low_s, high_s, latency_s, from_above))
