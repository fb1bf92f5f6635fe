"""Paths through a model that branches: blocks each of which reads from the one before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from profiler.block_order import BlockDag

_Floats = NDArray[np.float64]


def longest_path(dag: BlockDag, weight: _Floats, through: int | None = None) -> tuple[int, ...]:
    """The path of most weight from a block without makers to one without readers.

    Args:
        dag: the blocks.
        weight: of each block, not negative.
        through: a block that has to be on it, if one has.
    """
    up = _heaviest(dag.before, range(dag.n_blocks), weight)
    down = _heaviest(dag.after, reversed(range(dag.n_blocks)), weight)
    if through is None:
        total = [up[b][0] + down[b][0] - weight[b] for b in range(dag.n_blocks)]
        through = int(np.argmax(total))
    before, after = _followed(up, through), _followed(down, through)
    return (*reversed(before), through, *after)


def reachable(dag: BlockDag) -> NDArray[np.bool_]:
    """[blocks, blocks]: the column's block is the row's, or depends on it in some steps."""
    reach = np.eye(dag.n_blocks, dtype=np.bool_)
    for block in reversed(range(dag.n_blocks)):
        for reader in dag.after[block]:
            reach[block] |= reach[reader]
    return reach


def _heaviest(
    neighbours: tuple[tuple[int, ...], ...], blocks: Iterable[int], weight: _Floats
) -> list[tuple[float, int]]:
    """For each block the most weight of a path that ends there, and the block before; else -1."""
    best = [(0.0, -1)] * len(neighbours)
    for block in blocks:
        reached = [(best[other][0], -other) for other in neighbours[block]]
        most, other = max(reached, default=(0.0, 1))
        best[block] = (most + float(weight[block]), -other)
    return best


def _followed(best: list[tuple[float, int]], block: int) -> list[int]:
    found: list[int] = []
    while (block := best[block][1]) >= 0:
        found.append(block)
    return found
