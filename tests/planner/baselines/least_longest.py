"""The optimum that rules of balance aim at: the longest part as short as possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def least_longest_parts(times_s: NDArray[np.float64], n_parts: int) -> tuple[int, ...]:
    """Cuts of a sequence into exactly `n_parts` runs whose longest sum is least.

    Takes O(n_parts · B log B) time for B items.

    Legend: P = sum before a boundary, best_k[j] = longest of k runs up to j, at its least:
    best_k[j] = min over k - 1 <= i < j of max(best_{k-1}[i], P[j] - P[i]).
    The first term rises with i and the second falls, so the best i is where they cross.
    """
    before_s = np.concatenate(([0.0], np.cumsum(times_s)))
    best = before_s
    chosen = []
    for n_runs in range(2, n_parts + 1):
        start = _crossing(best, before_s, n_runs)
        best = np.maximum(best[start], before_s - before_s[start])
        chosen.append(start)
    cuts = [len(times_s)]
    for start in reversed(chosen):
        cuts.append(int(start[cuts[-1]]))
    return tuple(reversed(cuts[1:]))


def _crossing(
    best: NDArray[np.float64], before_s: NDArray[np.float64], n_runs: int
) -> NDArray[np.int64]:
    """The best start of the last of n runs, for every end from `n_runs` on."""
    ends = np.arange(len(before_s))
    low = np.minimum(n_runs - 1, ends)
    high = np.maximum(ends - 1, low)
    while (low < high).any():
        middle = (low + high) // 2
        risen = best[middle] >= before_s[ends] - before_s[middle]
        low, high = np.where(risen, low, middle + 1), np.where(risen, middle, high)
        low = np.minimum(low, high)
    earlier = np.maximum(low - 1, np.minimum(n_runs - 1, low))
    longest_low = np.maximum(best[low], before_s - before_s[low])
    longest_earlier = np.maximum(best[earlier], before_s - before_s[earlier])
    return np.where(longest_earlier <= longest_low, earlier, low)
