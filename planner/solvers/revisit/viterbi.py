"""The cheapest walk over nodes, block by block, when no memory cap is looked at.

Legend: n, q are nodes, i boundaries, k the number of stages so far.

    f_k[i + 1, n] = block[i, n] + min(f_k[i, n],
                                      min over q of f_k-1[i, q] + hop[i, q, n] + opening[i, n])

Source: Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding
algorithm", IEEE Trans. Inf. Theory 13(2), 1967.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.walk_prices import WalkPrices

_Floats = NDArray[np.float64]
_STEPS_PER_LOOK = 64
"""Blocks between two looks at the clock."""


@dataclass(frozen=True)
class CountLayers:
    """How many stages are told apart."""

    least: int = 1
    most: int | None = None
    """None for any number; all from `least` on then share the last layer."""

    @property
    def n_layers(self) -> int:
        """Counts from 1 to the largest that is told apart."""
        return self.least if self.most is None else self.most


@dataclass(frozen=True)
class Walk:
    """The cheapest walk, and its value."""

    value: float
    """Infinite if there is none."""
    chain: Chain | None


def cheapest_walk(
    prices: WalkPrices, counts: CountLayers | None = None, budget: Budget | None = None
) -> Walk | None:
    """The walk of least value; none if the time is up. O(B N² K) for K layers of counts.

    Among equal values a node keeps the next block rather than hand it on.
    """
    layers, clock = counts or CountLayers(), budget or Budget()
    n_blocks, n_nodes = prices.block.shape
    value = np.full((layers.n_layers, n_nodes), np.inf)
    value[0] = prices.entry + prices.opening[0] + prices.block[0]
    before = np.full((n_blocks, *value.shape), _STAYED, dtype=np.int32)
    for i in range(1, n_blocks):
        if i % _STEPS_PER_LOOK == 0 and clock.spent:
            return None
        value = _step(prices, i, value, layers.most is None, before[i])
    ends = value[layers.least - 1 :] + prices.exit
    if not np.isfinite(ends).any():
        return Walk(np.inf, None)
    layer, node = np.unravel_index(int(ends.argmin()), ends.shape)
    chain = _walk_back(before, int(layer) + layers.least - 1, int(node))
    return Walk(float(ends.min()), chain)


_STAYED = -1


def _step(
    prices: WalkPrices, i: int, value: _Floats, is_open: bool, before: NDArray[np.int32]
) -> _Floats:
    """Values after block i; notes where a stage that starts at i came from.

    A note is the node before, plus N if the count stayed in the last, open layer.
    """
    through = value[:, :, np.newaxis] + prices.hop[i]
    chosen = through.argmin(axis=1)
    arrival = through.min(axis=1) + prices.opening[i]
    moved = np.full_like(value, np.inf)
    origin = np.full(value.shape, _STAYED)
    moved[1:], origin[1:] = arrival[:-1], chosen[:-1]
    if is_open:
        stays_open = arrival[-1] < moved[-1]
        origin[-1] = np.where(stays_open, chosen[-1] + value.shape[1], origin[-1])
        moved[-1] = np.where(stays_open, arrival[-1], moved[-1])
    np.copyto(before, origin, where=moved < value)
    reached: _Floats = np.minimum(value, moved) + prices.block[i]
    return reached


def _walk_back(before: NDArray[np.int32], layer: int, node: int) -> Chain:
    cuts: list[int] = []
    nodes = [node]
    for i in reversed(range(1, len(before))):
        origin = int(before[i, layer, nodes[-1]])
        if origin == _STAYED:
            continue
        n_nodes = before.shape[2]
        layer -= origin < n_nodes
        cuts.append(i)
        nodes.append(origin % n_nodes)
    return Chain(cuts=tuple(reversed(cuts)), nodes=tuple(reversed(nodes)))
