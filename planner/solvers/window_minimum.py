"""The least key among those whose window is open, for every position at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def window_minimum(keys: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each position j in 0 … n, the least `keys[i]` over all i with i < j <= stops[i].

    Each window is the union of two runs of one power-of-two length. Every run's key is noted at
    its length's level, then each level hands its keys down to the two halves: O(n log n).

    Args:
        keys: n keys, all smaller than n.
        stops: last position of each key's window; a window with `stops[i] <= i` is never open.

    Returns:
        n + 1 keys; n where no window is open.
    """
    n = len(keys)
    index = np.flatnonzero(stops > np.arange(n))
    # frexp gives length = m · 2^e with 1/2 <= m < 1, so e - 1 is the whole part of log2.
    level = np.frexp(stops[index] - index)[1].astype(np.int64) - 1
    table = np.full((int(level.max(initial=0)) + 1, n + 1), n)
    for first in (index + 1, stops[index] - (1 << level) + 1):
        np.minimum.at(table.reshape(-1), level * (n + 1) + first, keys[index])
    for upper, lower, half in _downwards(table):
        np.minimum(lower, upper, out=lower)
        np.minimum(lower[half:], upper[:-half], out=lower[half:])
    least: NDArray[np.int64] = table[0]
    return least


def _downwards(
    table: NDArray[np.int64],
) -> list[tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """Each level with the one below it and the length of the lower one's runs."""
    return [(table[k], table[k - 1], 1 << (k - 1)) for k in reversed(range(1, len(table)))]
