"""Spread tables: means, variances, lower means and draws of times that vary together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_ROUNDING = 1e-9


class SpreadTable:
    """Several times, one per column, and how they vary together.

    Without levels each row is an outcome, all equally likely. With levels, row k holds every
    column's quantile at level k; quantile functions are linear between levels and constant beyond
    the outermost, and all columns are at one level at a time.

    Args:
        rows: [K, C].
        levels: of each row, ascending; none for outcomes.
    """

    def __init__(self, rows: Sequence[Sequence[float]], levels: Sequence[float] = ()) -> None:
        table = np.array(rows, dtype=np.float64)
        self._is_outcomes = not levels
        self._levels = np.array((0.0, *levels, 1.0))
        self._rows = table if self._is_outcomes else np.vstack((table[:1], table, table[-1:]))

    @cached_property
    def mean(self) -> _Floats:
        """Of each column."""
        return self._expected(self._rows, np.ones(len(self._rows)))

    @cached_property
    def variance_shares(self) -> _Floats:
        """Of each column: its covariance with the sum of all, or 0 if that is negative.

        Shares of all columns add up to the variance of their sum. Those of some columns add up to
        more than the variance of their own sum if what is left out rises with it, and to the same
        if the columns do not depend on each other.
        """
        deviations = self._rows - self.mean
        shares = self._expected(deviations, deviations.sum(axis=1))
        kept: _Floats = np.maximum(shares, 0.0)
        return kept

    def lower_mean(self, level: float) -> _Floats:
        """Of each column: the mean of its quantile function up to the level.

        Whatever the columns' dependence, these means add up to at most the quantile of the sum:
        what is left of the mean without the upper tail, times 1 / level, is superadditive as the
        mean of the upper tail is subadditive; and a quantile function never falls, so that its
        mean up to a level is at most its value there.

        Source: Acerbi and Tasche, "On the coherence of expected shortfall", Journal of Banking and
        Finance 26(7), 2002 (the mean of the upper tail, the expected shortfall, is subadditive).
        """
        if self._is_outcomes:
            ordered, n = np.sort(self._rows, axis=0), len(self._rows)
            below = np.clip(level * n - np.arange(n), 0.0, 1.0)
            mean: _Floats = below @ ordered / (level * n)
            return mean
        inside = int(np.searchsorted(self._levels, level, side="left"))
        levels = np.append(self._levels[:inside], level)
        rows = np.vstack((self._rows[:inside], self._at(np.array([level]), self._rows)))
        widths = np.diff(levels)[:, np.newaxis]
        area: _Floats = (widths * (rows[:-1] + rows[1:]) / 2).sum(axis=0)
        return area / level

    def draw(self, uniform: _Floats, start: int, stop: int) -> _Floats:
        """Sums of the columns [start, stop), one for each uniform number in [0, 1)."""
        sums: _Floats = self._rows[:, start:stop].sum(axis=1)
        if self._is_outcomes:
            return np.take(sums, (uniform * len(sums)).astype(np.int64))
        return np.interp(uniform, self._levels, sums)

    def quantile(self, level: float, start: int, stop: int) -> float:
        """Of the sum of the columns [start, stop): what this share of the time it is at most."""
        sums = self._rows[:, start:stop].sum(axis=1)
        if not self._is_outcomes:
            return float(np.interp(level, self._levels, sums))
        # A product such as 0.95 · 60 may come out a little above the whole number that it is.
        rank = ceil(level * len(sums) - _ROUNDING)
        return float(np.sort(sums)[max(rank, 1) - 1])

    def _at(self, level: _Floats, rows: _Floats) -> _Floats:
        return np.array([np.interp(level, self._levels, column) for column in rows.T]).T

    def _expected(self, columns: _Floats, other: _Floats) -> _Floats:
        """Mean of each column times the other; over quantile functions by exact integration.

        The product of two linear functions from a to b and c to d over a piece of width w has the
        integral w (2ac + ad + bc + 2bd) / 6.
        """
        if self._is_outcomes:
            mean: _Floats = other @ columns / len(columns)
            return mean
        widths = np.diff(self._levels) / 6
        low, high = other[:-1], other[1:]
        area: _Floats = (widths * (2 * low + high)) @ columns[:-1]
        area += (widths * (low + 2 * high)) @ columns[1:]
        return area
