"""How well repeated measurements are known: A against A, and intervals of medians."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

_SPLITS = 400
_SEED = 0


def noise_of(samples_s: Sequence[float]) -> float:
    """What a comparison of two equal things would show: A against A, as a share of the median.

    Of each two samples in a row one goes to the first half and the other to the second, by lot,
    so that a drift hits both halves alike. It is the median, over many such lots, of the distance
    between the halves' medians: half of all comparisons of A with A differ by more. A single split
    into odd and even rounds would be one draw of it, and is 0 by luck as often as not.

    Returns 0 for fewer than two pairs: there is nothing to compare.

    Source: the permutation distribution of a paired design, Edgington and Onghena,
    "Randomization Tests", 4th ed., chapter 5; with a fixed seed.
    """
    pairs = np.asarray(samples_s, dtype=np.float64)[: len(samples_s) // 2 * 2].reshape(-1, 2)
    if len(pairs) < 2:
        return 0.0
    first = np.random.default_rng(_SEED).integers(0, 2, (_SPLITS, len(pairs)))
    rows = np.arange(len(pairs))
    halves = np.median(pairs[rows, first], axis=1), np.median(pairs[rows, 1 - first], axis=1)
    middle = float(np.median(pairs))
    return float(np.median(np.abs(halves[0] - halves[1]))) / middle if middle else 0.0


def median_interval(samples: Sequence[float], confidence: float) -> tuple[float, float]:
    """Two samples between which the median lies with at least that confidence.

    It asks nothing of the distribution but that the samples are independent draws of it; a drift
    from round to round makes the interval too narrow. With fewer samples than the confidence
    needs (6 for 95 %) it is the smallest and the largest one, which have less.

    Source: the binomial interval between order statistics, David and Nagaraja, "Order Statistics",
    3rd ed., section 7.1: P(X(r) ≤ median ≤ X(n-r+1)) = 1 - 2·P(Bin(n, 1/2) < r).
    """
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    n = len(ordered)
    rank = 0  # counted from 0, so one less than the r of the source
    for further in range(1, n // 2):
        if 2 * sum(comb(n, k) for k in range(further + 1)) > (1 - confidence) * 2**n:
            break
        rank = further
    return float(ordered[rank]), float(ordered[n - 1 - rank])


def half_width(samples: Sequence[float], confidence: float) -> float:
    """The farther end of the median's interval from the median, in the unit of the samples."""
    low, high = median_interval(samples, confidence)
    middle = float(np.median(samples))
    return max(middle - low, high - middle)


def worst_share_half_width(rounds_s: NDArray[np.float64], confidence: float) -> float:
    """Of the blocks' shares of the whole, the half-width of the one that is known worst.

    A share is a block's time over the sum of its round, so that what slows a whole round down
    cancels; it and its half-width are in parts of the whole model.

    Args:
        rounds_s: seconds, shape (rounds, blocks).
        confidence: of each block's interval by itself.
    """
    shares = rounds_s / rounds_s.sum(axis=1, keepdims=True)
    return max(half_width(column, confidence) for column in shares.T)
