"""Dominance: of several ways to one point, those that no other beats in everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_CHUNK = 64


def undominated(value: _Floats, use: _Floats) -> _Ints:
    """Places of the ways that no other one equals or beats in value and in every use.

    Of equal ways the first stays.

    Args:
        value: [L].
        use: [L, R]; less is better, as for the value.

    Returns:
        Places in ascending order of value.
    """
    order: _Ints = np.lexsort((*use.T[::-1], value))
    if use.shape[1] == 0:
        return order[:1]
    if use.shape[1] == 1:
        ordered = use[order, 0]
        best_before = np.minimum.accumulate(np.concatenate(([np.inf], ordered[:-1])))
        kept: _Ints = order[ordered < best_before]
        return kept
    return order[_unbeaten(use[order])]


def _unbeaten(use: _Floats) -> NDArray[np.bool_]:
    """Which rows no earlier row equals or beats in every column."""
    flags = np.zeros(len(use), dtype=np.bool_)
    kept = use[:0]
    later = np.tri(_CHUNK, k=-1, dtype=np.bool_)
    for first in range(0, len(use), _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, len(use)))
        if len(kept):
            rows = rows[~_beats(kept, use[rows]).any(axis=1)]
        inside = _beats(use[rows], use[rows]) & later[: len(rows), : len(rows)]
        rows = rows[~inside.any(axis=1)]
        flags[rows] = True
        kept = np.concatenate((kept, use[rows]))
    return flags


def _beats(earlier: _Floats, rows: _Floats) -> NDArray[np.bool_]:
    """[rows, earlier]: whether the earlier one is no worse in every column."""
    found = np.ones((len(rows), len(earlier)), dtype=np.bool_)
    for column in range(rows.shape[1]):
        found &= earlier[:, column] <= rows[:, column, np.newaxis]
    return found
