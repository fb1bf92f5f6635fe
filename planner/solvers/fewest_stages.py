"""A bound on the number of stages that memory alone asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.costs.memory import StageMemory
from planner.problem import Problem


def fewest_stages(problem: Problem) -> int:
    """No plan with one stage per node has fewer; more than the blocks if none fits at all.

    Each stage is as long as the roomiest node bears, as if nodes could come again and all were
    linked. O(N B).
    """
    memory = StageMemory(problem)
    return fewest_jumps(np.array([memory.farthest_stops(node) for node in problem.nodes]))


def fewest_jumps(stops: NDArray[np.int64]) -> int:
    """The same for the farthest stop of each start on each node, [N, B]."""
    farthest = np.maximum.accumulate(stops.max(axis=0))
    bound, jumps = 0, 0
    while bound < len(farthest):
        if farthest[bound] <= bound:
            return len(farthest) + 1
        bound, jumps = int(farthest[bound]), jumps + 1
    return jumps
