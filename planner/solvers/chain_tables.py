"""Chain tables: a problem's prices as arrays, nodes by rows and boundaries by columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.costs.memory import StageMemory
from planner.objectives import LATENCY, Objective
from planner.problem import Problem

_Floats = NDArray[np.float64]


def _no_stages(_node: int) -> _Floats | None:
    return None


@dataclass(frozen=True)
class ChainTables:
    """Prices of N nodes and B blocks, as `costs` has them, in the objective's unit."""

    prefix: _Floats
    """[N, B + 1]: of all blocks before a boundary, added up one by one."""
    stops: NDArray[np.int64]
    """[N, B]: for each start, the farthest stop that fits the node."""
    entry: _Floats
    """[N]: of the inputs' transfer from the source."""
    exit: _Floats
    """[N]: of the outputs' transfer to the sink."""
    between: Callable[[int, int], _Floats]
    """Of a transfer between two nodes at each boundary, [B + 1]."""
    stages: Callable[[int], _Floats | None] = _no_stages
    """Of each stage on a node, [B, B + 1] by start and stop; none if `prefix` tells them all."""


def chain_tables(problem: Problem, objective: Objective = LATENCY) -> ChainTables:
    """Asks `costs` for every price that a chain of stages can need.

    Raises:
        PlannerError: the objective is not additive.
    """
    prices, memory = AdditivePrices(problem, objective), StageMemory(problem)
    cut_bytes = np.array(problem.cut_bytes, dtype=np.int64)
    names = [node.name for node in problem.nodes]
    blocks = np.array([prices.block(node) for node in problem.nodes])

    def between(source: int, target: int) -> _Floats:
        return prices.between(names[source], names[target], cut_bytes)

    def stages(index: int) -> _Floats | None:
        node = problem.nodes[index]
        if not node.measured_stages:
            return None
        bounds = np.arange(problem.n_blocks + 1)
        return prices.stages(node, *np.meshgrid(bounds[:-1], bounds, indexing="ij"))

    return ChainTables(
        prefix=np.pad(np.cumsum(blocks, axis=1), ((0, 0), (1, 0))),
        stops=np.array([memory.farthest_stops(node) for node in problem.nodes]),
        entry=np.array([prices.entry(name) for name in names]),
        exit=np.array([prices.exit(name) for name in names]),
        between=between,
        stages=stages,
    )
