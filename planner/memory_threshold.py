"""Memory threshold: the least cap on every node that allows a plan with so many parts."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from planner.costs.memory import StageMemory
from planner.errors import MismatchError
from planner.problem import NodeCosts, Problem

_Ints = NDArray[np.int64]
_NO_CAP = np.iinfo(np.int64).max


def least_caps(problem: Problem) -> tuple[int, ...]:
    """The least cap in bytes for exactly 1, 2, … parts, up to one per node or per block.

    Exact to the byte: with one byte less on every node, no plan with so many parts fits. The cuts
    that need the least memory are found, not those of the quickest plan. A cap for more parts may
    be higher than one for fewer, since every part holds what it receives.

        L[1][j] = M(0, j);  L[k][j] = min over i < j of max(L[k-1][i], M(i, j))

    where L[k][j] is the least cap for the first j blocks in k parts, and M(i, j) the memory of the
    stage [i, j). O(parts · blocks²).

    Args:
        problem: nodes that need equal memory for equal stages, each linked to every other one; its
            caps and limits are not used, and every node holds one stage.

    Raises:
        MismatchError: nodes differ in their memory, cannot run a block, or lack a link.
    """
    _check_alike(problem)
    needed = _stage_table(problem, problem.nodes[0])
    least = needed[0]
    caps = [int(least[-1])]
    for _ in range(1, min(len(problem.nodes), problem.n_blocks)):
        least = np.maximum(least[:, None], needed).min(axis=0)
        caps.append(int(least[-1]))
    return tuple(caps)


def _stage_table(problem: Problem, node: NodeCosts) -> _Ints:
    """[B + 1, B + 1]: bytes of each stage [start, stop); no cap is enough where there is none."""
    n = problem.n_blocks
    starts, stops = np.triu_indices(n + 1, k=1)
    table = np.full((n + 1, n + 1), _NO_CAP)
    table[starts, stops] = StageMemory(problem).stage_bytes(node, starts, stops)
    return table


def _check_alike(problem: Problem) -> None:
    first = problem.nodes[0]
    for node in problem.nodes:
        if (node.base_bytes, node.weight_factor) != (first.base_bytes, first.weight_factor):
            raise MismatchError(
                f"nodes {first.name!r} and {node.name!r} need different memory for equal stages, "
                "so that there is no one cap for both: give them one profile"
            )
        if node.cannot_run:
            raise MismatchError(
                f"node {node.name!r} cannot run block {node.cannot_run[0]} whatever its cap: leave "
                "it out"
            )
    linked = {(link.source, link.target) for link in problem.links}
    for source, target in permutations((node.name for node in problem.nodes), 2):
        if (source, target) not in linked:
            raise MismatchError(
                f"there is no link {source} -> {target}, so that caps do not decide alone: link "
                "all nodes"
            )
