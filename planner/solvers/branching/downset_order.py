"""The order of blocks that stages between downsets stand for."""

from __future__ import annotations

from collections.abc import Sequence

from planner.solvers.branching.downset_dp import DownsetStage
from planner.solvers.branching.downset_prices import DownsetPrices


def block_order_of(prices: DownsetPrices, stages: Sequence[DownsetStage]) -> tuple[int, ...]:
    """All blocks, stage by stage, inside a stage in the order of its least peak of live bytes.

    Among equal peaks the later blocks of the program come later.
    """
    return tuple(block for stage in stages for block in _inside(prices, stage.start, stage.stop))


def _inside(prices: DownsetPrices, start: int, stop: int) -> tuple[int, ...]:
    """The blocks between two downsets: a path of least peak through the downsets between."""
    steps, masks = prices.steps, prices.downsets.masks
    peak = {start: 0}
    last: dict[int, tuple[int, int]] = {}
    for place in range(start + 1, stop + 1):
        if masks[start] & ~masks[place] or masks[place] & ~masks[stop]:
            continue
        ends = [
            (max(peak[before], int(steps.work_bytes[pair])), -int(steps.block[pair]), before)
            for pair in range(steps.first[place], steps.first[place + 1])
            if (before := int(steps.before[pair])) in peak
        ]
        if ends:
            peak[place], block, before = min(ends)
            last[place] = (-block, before)
    blocks: list[int] = []
    while stop != start:
        block, stop = last[stop]
        blocks.append(block)
    return tuple(reversed(blocks))
