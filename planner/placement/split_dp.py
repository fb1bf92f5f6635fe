"""Split DP: the best chain of ideals of a family, by dynamic programming.

best[a, c][J] is the least greatest load of a accelerators and c processors that together run the
ideal J:

    best[a, c][J] = min over I inside J of
        max(best[a - 1, c][I], accelerator load of J - I), max(best[a, c - 1][I], processor load)

With all ideals as the family this is exact for contiguous splits; with the prefixes of one
topological order it is exact for that order. Only values below a limit are sought: that bounds
what a device can hold from above, and by what the devices left can still take, from below.

Source: Tarnawski et al., NeurIPS 2020, section 5.1.1 and algorithm 1; the windows are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np

from planner.placement.ideal_prices import FamilyPrices, Places
from planner.placement.machine import Machine, Relief
from planner.placement.throughput_price import most_bytes

MOST_CELLS = 30_000_000
"""Ideals times combinations of devices that a search may hold."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Split:
    """A chain of ideals and the kinds of the devices between them."""

    value_s: float
    ideals: tuple[int, ...]
    """From the empty to the full set: one more than there are devices."""
    on_accelerator: tuple[bool, ...]


class OutOfTime(Exception):
    """The deadline passed before the search ended."""


def cells(n_ideals: int, machine: Machine) -> int:
    """Table entries of a search."""
    return n_ideals * (machine.n_accelerators + 1) * (machine.n_cpus + 1)


def n_pairs(prices: FamilyPrices, limit_s: float) -> int:
    """Pairs of ideals that a search below a limit looks at, at most."""
    stops = np.searchsorted(prices.compute_s, prices.compute_s + limit_s)
    return int((stops - np.arange(len(prices))).sum())


def best_split(
    prices: FamilyPrices, machine: Machine, relief: Relief, *, limit_s: float, deadline: float
) -> Split | None:
    """The split of least value over chains in the family; none if no value is below the limit.

    `deadline` is on the clock of `time.monotonic`.

    Raises:
        OutOfTime: the deadline passed.
    """
    search = _Search(prices, machine, relief, limit_s)
    for source in range(len(prices) - 1):
        if monotonic() > deadline:
            raise OutOfTime
        search.expand(source)
    return search.result()


class _Search:
    """The table: one row per combination of devices used, one column per ideal."""

    def __init__(
        self, prices: FamilyPrices, machine: Machine, relief: Relief, limit_s: float
    ) -> None:
        self.prices, self.machine, self.limit_s = prices, machine, limit_s
        self.shape = (machine.n_cpus + 1, machine.n_accelerators + 1)
        rows = self.shape[0] * self.shape[1]
        self.best = np.full((rows, len(prices)), np.inf)
        self.best[0, 0] = 0.0
        # The ideal before, counted from 1; negative if the device between is a processor.
        self.previous = np.zeros((rows, len(prices)), dtype=np.int32)
        cpus_left = machine.n_cpus - np.arange(self.shape[0])
        accelerators_left = machine.n_accelerators - np.arange(self.shape[1])
        saved_s = relief.saved_s(np.asarray(cpus_left * limit_s, dtype=np.float64))
        left_s = saved_s[:, None] + accelerators_left[None, :] * limit_s
        total_s = prices.compute_s[-1]
        slack_s = total_s * _ROUNDING
        self.first = np.searchsorted(
            prices.compute_s, total_s - left_s.ravel() * (1 + _ROUNDING) - slack_s
        )
        """First ideal of each row from which the devices left can run the rest."""
        self.acc_stop = np.searchsorted(prices.compute_s, prices.compute_s + limit_s)
        self.cpu_stop = np.searchsorted(prices.least_later_cpu_s, prices.cpu_s + limit_s)

    def expand(self, source: int) -> None:
        """Hands an ideal's values on to all that contain it."""
        rows = self._live_rows(source)
        if not len(rows):
            return
        width = self.shape[1]
        with_accelerator = rows[rows % width < width - 1]
        with_cpu = rows[rows // width < self.shape[0] - 1]
        if len(with_accelerator):
            self._hand_on(source, with_accelerator, on_accelerator=True)
        if len(with_cpu):
            self._hand_on(source, with_cpu, on_accelerator=False)

    def _live_rows(self, source: int) -> Places:
        """Rows that can lead to a better split, without those that fewer devices do as well."""
        values = self.best[:, source]
        if source and values.min() >= self.limit_s:
            return np.empty(0, dtype=np.int64)
        table = values.reshape(self.shape)
        least = np.minimum.accumulate(np.minimum.accumulate(table, axis=0), axis=1)
        live = table < self.limit_s
        live[1:] &= table[1:] < least[:-1]
        live[:, 1:] &= table[:, 1:] < least[:, :-1]
        return np.flatnonzero(live.ravel() & (self.first <= source))

    def _hand_on(self, source: int, rows: Places, *, on_accelerator: bool) -> None:
        step = 1 if on_accelerator else self.shape[1]
        start = max(source + 1, int(self.first[rows + step].min()))
        stop = int((self.acc_stop if on_accelerator else self.cpu_stop)[source])
        if start >= stop:
            return
        targets = self.prices.supersets(source, start, stop)
        if on_accelerator:
            targets = self._holdable(source, targets)
            loads_s = self.prices.accelerator_loads_s(source, targets)
        else:
            loads_s = self.prices.cpu_loads_s(source, targets)
        low = loads_s < self.limit_s
        targets, loads_s = targets[low], loads_s[low]
        mark = source + 1 if on_accelerator else -(source + 1)
        for row in rows:
            values = np.maximum(loads_s, self.best[row, source])
            better = values < self.best[row + step, targets]
            better &= targets >= self.first[row + step]
            improved = targets[better]
            self.best[row + step, improved] = values[better]
            self.previous[row + step, improved] = mark

    def _holdable(self, source: int, targets: Places) -> Places:
        """Those whose difference to the source an accelerator can run and hold."""
        prices = self.prices
        if prices.barred[-1]:
            targets = targets[prices.barred[targets] == prices.barred[source]]
        most = most_bytes(self.machine.cap_bytes)
        if prices.size_bytes[-1] > most:
            sizes = prices.size_bytes[targets] - prices.size_bytes[source]
            targets = targets[sizes <= most]
        return targets

    def result(self) -> Split | None:
        """The best value of the full set, with the fewest devices among equals."""
        row = int(np.argmin(self.best[:, -1]))
        value_s = float(self.best[row, -1])
        if value_s >= self.limit_s:
            return None
        place, ideals, kinds = len(self.prices) - 1, [self.prices.ideals[-1]], []
        while place:
            previous = int(self.previous[row, place])
            row -= 1 if previous > 0 else self.shape[1]
            place = abs(previous) - 1
            kinds.append(previous > 0)
            ideals.append(self.prices.ideals[place])
        return Split(value_s, tuple(reversed(ideals)), tuple(reversed(kinds)))
