"""Every plan of a case."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

from experiments.stages import Stages
from planner.problem import Problem


def all_stages(problem: Problem) -> Iterator[Stages]:
    """Every way to cut the blocks and to place the parts on different nodes."""
    names = [node.name for node in problem.nodes]
    for n_stages in range(1, min(len(names), problem.n_blocks) + 1):
        for cuts in combinations(range(1, problem.n_blocks), n_stages - 1):
            for nodes in permutations(names, n_stages):
                yield cuts, nodes


def unnamed(problem: Problem) -> Iterator[tuple[str, Stages]]:
    """Every plan as an entry of a contest that nobody in particular has chosen."""
    return (("", stages) for stages in all_stages(problem))
