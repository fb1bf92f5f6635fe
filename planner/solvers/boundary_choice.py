"""Boundary choice: where a long chain may be cut, when not every boundary can be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.problem import Problem


def chosen_boundaries(
    problem: Problem, cuts: Iterable[int], most: int, *, around: Iterable[int] = ()
) -> NDArray[np.int64]:
    """Boundaries from 0 to B, about `most` of them, ascending.

    Args:
        problem: its messages decide between neighbours.
        cuts: first these, for at most half of the places.
        most: how many in all.
        around: then these, evenly thinned out if they are many, and equal runs of boundaries
            around them, for a quarter of the places. What is left goes to equal runs over the
            whole chain, the smallest message of each.
    """
    centers = sorted(set(around))
    centers = centers[:: 1 + len(centers) // max(most // 4, 1)]
    chosen = {0, problem.n_blocks, *centers}
    for cut in cuts:
        if len(chosen) >= most // 2:
            break
        chosen.add(cut)
    if centers:
        reach = max(most // 4 // (2 * len(centers)), 1)
        for center in centers:
            chosen.update(range(max(center - reach, 1), min(center + reach, problem.n_blocks)))
    left = max(min(most - len(chosen), problem.n_blocks - 1), 1)
    runs = np.linspace(1, problem.n_blocks, left + 1).astype(np.int64)
    cut_bytes = np.array(problem.cut_bytes)
    chosen.update(int(a + cut_bytes[a:b].argmin()) for a, b in pairwise(runs) if b > a)
    return np.array(sorted(chosen))
