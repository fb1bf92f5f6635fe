"""Downsets: the sets of blocks that can be done when a request leaves a node.

A downset holds, with a block, all that the block depends on. In a chain of B blocks there are
B + 1, one per boundary; with branches there is one for every way to have stopped in each of them.
A plan in any order of the blocks is a growing sequence of downsets, and its stages are the
differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from profiler.block_order import BlockDag


@dataclass(frozen=True)
class Downsets:
    """Downsets by size, those of one size by their bits; the first is empty, the last full."""

    dag: BlockDag
    masks: tuple[int, ...]
    """Bit b is set if block b is done."""

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return self.dag.n_blocks

    @cached_property
    def index(self) -> dict[int, int]:
        """Place of each downset by its bits."""
        return {mask: place for place, mask in enumerate(self.masks)}

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """[downsets, blocks]: the block is done."""
        words = self.n_blocks // 8 + 1
        raw = b"".join(mask.to_bytes(words, "little") for mask in self.masks)
        packed = np.frombuffer(raw, dtype=np.uint8).reshape(len(self.masks), words)
        bits = np.unpackbits(packed, axis=1, bitorder="little")[:, : self.n_blocks]
        return bits.astype(np.bool_)

    @cached_property
    def levels(self) -> list[tuple[int, int]]:
        """Ranges [first, stop) of the downsets of equal size, from the empty one on."""
        sizes = np.array([mask.bit_count() for mask in self.masks])
        firsts = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(sizes)))]
        return list(zip(firsts, [*firsts[1:], len(self.masks)], strict=True))

    @cached_property
    def steps(self) -> NDArray[np.int64]:
        """[steps, 3]: a downset, a block that can run last in it, and the downset without it.

        Downsets and blocks ascend; where the smaller downset is not listed, there is no step.
        """
        reads = np.zeros((self.n_blocks, self.n_blocks), dtype=np.float32)
        for block, makers in enumerate(self.dag.before):
            reads[block, list(makers)] = 1
        is_read = self.inside.astype(np.float32) @ reads > 0
        found = []
        for place, block in zip(*np.nonzero(self.inside & ~is_read), strict=True):
            before = self.index.get(self.masks[place] ^ (1 << int(block)))
            if before is not None:
                found.append((place, block, before))
        return np.array(found, dtype=np.int64).reshape(-1, 3)


def all_downsets(dag: BlockDag, most: int) -> Downsets | None:
    """Every downset, or none at all as soon as there are more than `most`."""
    needs = [sum(1 << maker for maker in makers) for makers in dag.before]
    level = {0: sum(1 << block for block, need in enumerate(needs) if not need)}
    masks = [0]
    for _ in range(dag.n_blocks):
        above: dict[int, int] = {}
        for mask, ready in level.items():
            bits = ready
            while bits:
                low = bits & -bits
                bits ^= low
                if (larger := mask | low) not in above:
                    above[larger] = (ready ^ low) | _unlocked(dag, needs, larger, low)
            if len(masks) + len(above) > most:
                return None
        level = above
        masks.extend(sorted(level))
    return Downsets(dag, tuple(masks))


def downsets_of(dag: BlockDag, orders: Iterable[Sequence[int]]) -> Downsets:
    """The downsets that some order of the blocks passes through."""
    masks = {0}
    for order in orders:
        mask = 0
        for block in order:
            mask |= 1 << block
            masks.add(mask)
    return Downsets(dag, tuple(sorted(masks, key=lambda mask: (mask.bit_count(), mask))))


def _unlocked(dag: BlockDag, needs: Sequence[int], mask: int, low: int) -> int:
    """Blocks that become ready when the block of the lowest bit is done."""
    readers = dag.after[low.bit_length() - 1]
    return sum(1 << reader for reader in readers if needs[reader] & ~mask == 0)
