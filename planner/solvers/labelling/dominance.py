"""Dominance: which of several vectors no other one is at least as good as in every number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


def nondominated(values: _Floats, check: Callable[[], None]) -> _Ints:
    """Rows that no other row is at most as large as everywhere; of equal rows the first.

    In ascending order of the first number, then of the next. O(F log F) for one or two numbers,
    O(F · front) for more.

    Source: Kung, Luccio and Preparata, "On finding the maxima of a set of vectors", Journal of the
    ACM 22(4), 1975 (sorting by one number, then scanning the other).

    Args:
        values: [F, k], at least one row.
        check: asked now and then; it may raise to end the search.
    """
    if values.shape[1] == 1:
        return np.array([values[:, 0].argmin()])
    order = np.lexsort(values.T[::-1])
    if values.shape[1] == 2:
        second = values[order, 1]
        least_before = np.minimum.accumulate(second)[:-1]
        rows: _Ints = order[np.append(True, second[1:] < least_before)]
        return rows
    kept = []
    while len(order):
        check()
        best = order[0]
        kept.append(best)
        order = order[(values[order] < values[best]).any(axis=1)]
    return np.array(kept)


def front(values: _Floats, tolerance: float) -> list[int]:
    """Rows of a front of two numbers in ascending order of the first.

    Numbers that differ by less than the tolerance, relative to their value, count as equal, and of
    such rows one is kept.

    Args:
        values: [F, 2].
        tolerance: relative.
    """
    kept: list[int] = []
    for row in np.lexsort(values.T[::-1]).tolist():
        first, second = values[row]
        if kept and second >= values[kept[-1], 1] * (1 - tolerance):
            continue
        while kept and first <= values[kept[-1], 0] * (1 + tolerance):
            kept.pop()
        kept.append(row)
    return kept
