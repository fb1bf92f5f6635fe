"""Chain tables: a problem's prices as arrays, nodes by rows and boundaries by columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.costs.compute import block_compute_s
from planner.costs.memory import StageMemory
from planner.costs.transfer import HopPrices
from planner.problem import Problem

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ChainTables:
    """Prices of N nodes and B blocks, as `costs` has them."""

    prefix_s: _Floats
    """[N, B + 1]: compute time of all blocks before a boundary."""
    stops: NDArray[np.int64]
    """[N, B]: for each start, the farthest stop that fits the node."""
    entry_s: _Floats
    """[N]: time of the inputs' transfer from the source."""
    exit_s: _Floats
    """[N]: time of the outputs' transfer to the sink."""
    between_s: Callable[[int, int], _Floats]
    """Transfer time between two nodes at each boundary, [B + 1]."""


def chain_tables(problem: Problem) -> ChainTables:
    """Asks `costs` for every price that a chain of stages can need."""
    prices, memory = HopPrices(problem), StageMemory(problem)
    cut_bytes = np.array(problem.cut_bytes, dtype=np.int64)
    names = [node.name for node in problem.nodes]
    compute_s = np.array([block_compute_s(node) for node in problem.nodes])

    def between_s(source: int, target: int) -> _Floats:
        return prices.hop_s(names[source], names[target], cut_bytes)

    return ChainTables(
        prefix_s=np.pad(np.cumsum(compute_s, axis=1), ((0, 0), (1, 0))),
        stops=np.array([memory.farthest_stops(node) for node in problem.nodes]),
        entry_s=np.array([prices.hop_s(problem.source, n, cut_bytes[:1])[0] for n in names]),
        exit_s=np.array([prices.hop_s(n, problem.sink, cut_bytes[-1:])[0] for n in names]),
        between_s=between_s,
    )
