"""What a stage takes beyond its blocks: a process that was idle wakes up and enters its runtime."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
"""Blocks [start, stop)."""

_STAGES = 3
"""So that one of them is neither the model's first nor its last."""
_MOST_SHARE = 0.9
"""Of the whole model's time; blocks take the rest of it."""


def even_spans(block_flops: Sequence[int]) -> tuple[Span, ...]:
    """Three stages of about equal work; as many as there are blocks if these are fewer.

    Args:
        block_flops: floating-point operations of each block.

    Returns:
        Spans that make up the model; none if it has one block.
    """
    n_blocks = len(block_flops)
    n_stages = min(_STAGES, n_blocks)
    if n_stages < 2:
        return ()
    # A block without any work counts a little, so that all borders differ.
    done = np.cumsum(np.array(block_flops, dtype=np.float64) + 1.0)
    borders = [0]
    for number in range(1, n_stages):
        nearest = int(np.argmin(np.abs(done - done[-1] * number / n_stages))) + 1
        most = n_blocks - (n_stages - number)
        borders.append(min(max(nearest, borders[-1] + 1), most))
    return tuple(pairwise((*borders, n_blocks)))


def stage_start_s(
    stages_s: NDArray[np.float64],
    spans: Sequence[Span],
    *,
    blocks_s: NDArray[np.float64],
    whole_s: float,
) -> float:
    """Seconds of the start c in `stage = c + (whole - c) · its share of the blocks' time`.

    Least squares of the relative errors over the stages; 0 where stages together take no longer
    than the whole, and never more than the shortest stage or nine tenths of the whole.

    Args:
        stages_s: what each stage took after a rest, [stages].
        spans: blocks of each stage.
        blocks_s: what each block took, [blocks].
        whole_s: what the whole model took after a rest; it has one start too.
    """
    total_s = float(blocks_s.sum())
    if total_s <= 0 or not len(stages_s):
        return 0.0
    share = np.array([blocks_s[start:stop].sum() / total_s for start, stop in spans])
    slope, beyond = (1 - share) / stages_s, (stages_s - whole_s * share) / stages_s
    steepness = float(slope @ slope)
    start_s = float(slope @ beyond) / steepness if steepness > 0 else 0.0
    return min(max(start_s, 0.0), float(stages_s.min()), _MOST_SHARE * whole_s)
