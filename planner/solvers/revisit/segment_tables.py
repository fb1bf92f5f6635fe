"""Segment tables: every stage on every node, with its price and its bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.costs.memory import FORBIDDEN_BYTES, StageMemory
from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.walk_prices import WalkPrices

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

MOST_CELLS = 16_000_000
"""Largest table; two of them take 16 bytes a cell."""


@dataclass(frozen=True)
class SegmentTables:
    """Stages between P + 1 chosen boundaries; boundaries go by their place p in that choice."""

    bounds: _Ints
    """[P + 1]: the boundaries, from 0 to B."""
    value: _Floats
    """[P + 1, N, P]: of the stage on n from one place (last) to another (first).

    Infinite if the stage is empty or does not fit the node by itself.
    """
    n_bytes: _Floats
    """[P + 1, N, P]: whole bytes of that stage; 0 where the value is infinite."""
    entry: _Floats
    """[N]"""
    exit: _Floats
    """[N]"""
    hop: _Floats
    """[P + 1, N, N]: infinite from a node to itself."""

    @property
    def n_places(self) -> int:
        """P: the place of the last boundary."""
        return len(self.bounds) - 1

    def chain(self, cuts: list[int], nodes: list[int]) -> Chain:
        """The chain that cuts at these places."""
        return Chain(tuple(int(self.bounds[p]) for p in cuts), tuple(nodes))


def table_cells(n_nodes: int, n_places: int) -> int:
    """Cells of one table."""
    return n_nodes * n_places * (n_places + 1)


def segment_tables(
    problem: Problem,
    objective: Objective,
    walk: WalkPrices,
    *,
    bounds: _Ints | None = None,
    within_caps: bool = True,
) -> SegmentTables:
    """Asks `costs` for the price and the bytes of every stage between the boundaries.

    Args:
        problem: blocks, nodes and links.
        objective: an additive one.
        walk: its prices without caps.
        bounds: boundaries to choose from, ascending from 0 to B; all if not given.
        within_caps: leave out stages that exceed their node's cap by themselves.
    """
    places = np.arange(problem.n_blocks + 1) if bounds is None else bounds
    prices, memory = AdditivePrices(problem, objective), StageMemory(problem)
    stop, start = np.tril_indices(len(places), k=-1)
    shape = (len(places), len(problem.nodes), len(places) - 1)
    value, n_bytes = np.full(shape, np.inf), np.zeros(shape)
    for n, node in enumerate(problem.nodes):
        used = memory.stage_bytes(node, places[start], places[stop])
        price = prices.stages(node, places[start], places[stop])
        fits = used <= (node.memory_bytes if within_caps else FORBIDDEN_BYTES - 1)
        value[stop, n, start] = np.where(fits, price, np.inf)
        n_bytes[stop, n, start] = np.where(fits, used, 0)
    return SegmentTables(places, value, n_bytes, walk.entry, walk.exit, walk.hop[places])
