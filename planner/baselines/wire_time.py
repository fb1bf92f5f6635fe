"""Wire time: a transfer as rules see it that know bandwidth but no latency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.costs.transfer import HopPrices
from planner.problem import Problem


def wire_s(
    prices: HopPrices, source: str, target: str, n_bytes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Seconds that messages add to an empty one, n / β: the price without overhead and latency.

    Infinite if there is no such link.
    """
    if not prices.is_linked(source, target):
        return np.full(n_bytes.shape, np.inf)
    empty = prices.hop_s(source, target, np.zeros_like(n_bytes))
    return np.maximum(prices.hop_s(source, target, n_bytes) - empty, 0.0)


def mean_wire_s(problem: Problem, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds as if all links were alike: the mean over those there are; infinite without any."""
    prices = HopPrices(problem)
    names = [node.name for node in problem.nodes]
    pairs = [(a, b) for a in names for b in names if a != b and prices.is_linked(a, b)]
    if not pairs:
        return np.full(n_bytes.shape, np.inf)
    seconds: NDArray[np.float64] = np.mean(
        [wire_s(prices, a, b, n_bytes) for a, b in pairs], axis=0
    )
    return seconds
