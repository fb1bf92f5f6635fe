"""Boundary choice: where a long chain may be cut, when not every boundary can be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain


def chosen_boundaries(problem: Problem, chains: Sequence[Chain], most: int) -> NDArray[np.int64]:
    """Boundaries from 0 to B, about `most` of them, ascending.

    First the cuts of the given chains, the latest chain first, for at most half of the places.
    Then, from equal runs of boundaries, the one with the smallest message.
    """
    chosen = {0, problem.n_blocks}
    for chain in reversed(chains):
        if len(chosen) + len(chain.cuts) > most // 2:
            break
        chosen.update(chain.cuts)
    left = max(min(most - len(chosen), problem.n_blocks - 1), 1)
    runs = np.linspace(1, problem.n_blocks, left + 1).astype(np.int64)
    cut_bytes = np.array(problem.cut_bytes)
    chosen.update(int(a + cut_bytes[a:b].argmin()) for a, b in pairwise(runs) if b > a)
    return np.array(sorted(chosen))
