"""Team tables: a problem's prices for kinds of equal nodes, as arrays over boundaries."""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.costs.compute import StageCompute, has_measured_stages
from planner.costs.memory import StageMemory
from planner.costs.transfer import HopPrices
from planner.objectives import LATENCY, PRICE
from planner.problem import NodeCosts, Problem
from planner.solvers.period.period_bound import fluid
from planner.solvers.period.teams import Groups

_Floats = NDArray[np.float64]
_MOST_CACHED_CELLS = 25_000_000
"""Prices of hops by one measure, 200 MB; above so many they are computed whenever asked for."""

_BOUND_TIME_S = 3.0


class Of(Enum):
    """What a message is priced by."""

    LATENCY = auto()
    BUSY = auto()
    PRICE = auto()


class TeamTables:
    """Prices of K kinds of nodes and B blocks, as `costs` has them.

    Nodes of one kind have the same prices, so the first stands for all; the second is the one that
    the first sends to within a kind.
    """

    def __init__(self, problem: Problem, groups: Groups) -> None:
        self.problem, self.groups = problem, groups
        self.nodes: list[NodeCosts] = [problem.nodes[group[0]] for group in groups]
        self._bytes = np.array(problem.cut_bytes, dtype=np.int64)
        latency, price = AdditivePrices(problem, LATENCY), AdditivePrices(problem, PRICE)
        self._additive = {Of.LATENCY: latency, Of.PRICE: price}
        self._busy_s = HopPrices(problem).busy_s
        self.memory = StageMemory(problem)
        self.is_measured = has_measured_stages(problem)
        """Whether some stages have a time of their own: it need not grow with the stage."""
        self._compute = [StageCompute(node) for node in self.nodes]
        self.compute_s = _prefix([latency.block(node) for node in self.nodes])
        """[K, B + 1]: of all blocks before a boundary."""
        self.price = _prefix([price.block(node) for node in self.nodes])
        """[K, B + 1]: as `compute_s`, in money."""
        self.stops = np.array([self.memory.farthest_stops(node) for node in self.nodes])
        """[K, B]: for each start, the farthest stop that fits the node."""
        self._is_cached = len(self.nodes) ** 2 * len(self._bytes) <= _MOST_CACHED_CELLS
        self._rows: dict[tuple[Of, int], _Floats] = {}
        self._single: dict[tuple[Of, int, int], _Floats] = {}

    def stage_s(self, kind: int, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> _Floats:
        """Seconds of stages [start, stop) on a node of the kind, elementwise."""
        return self._compute[kind].stages_s(starts, stops)

    @cached_property
    def least_period_s(self) -> float:
        """No plan has a shorter period; see `period_bound`."""
        return fluid(self.problem, _BOUND_TIME_S).bound_s

    def hops(self, of: Of, kind: int) -> _Floats:
        """Of a message from a node of the kind to one of each kind, at each boundary: [K, B + 1].

        From a kind to itself: to another node of it, or nothing if there is none.
        """
        found = self._rows.get((of, kind))
        if found is None:
            found = np.array(
                [self._hop(of, kind, other, self._bytes) for other in range(len(self.nodes))]
            )
            if self._is_cached:
                self._rows[of, kind] = found
        return found

    def hop(self, of: Of, kind: int, other: int) -> _Floats:
        """One row of `hops`, without computing the others: [B + 1]."""
        row = self._rows.get((of, kind))
        if row is not None:
            found: _Floats = row[other]
            return found
        single = self._single.get((of, kind, other))
        if single is None:
            single = self._hop(of, kind, other, self._bytes)
            if self._is_cached:
                self._single[of, kind, other] = single
        return single

    def entry(self, of: Of) -> _Floats:
        """[K]: of the inputs from the source."""
        if of is Of.BUSY:
            source, n_bytes = self.problem.source, self._bytes[:1]
            return np.array([self._busy_s(source, node.name, n_bytes)[0] for node in self.nodes])
        return np.array([self._additive[of].entry(node.name) for node in self.nodes])

    def exit(self, of: Of) -> _Floats:
        """[K]: of the outputs to the sink."""
        if of is Of.BUSY:
            sink, n_bytes = self.problem.sink, self._bytes[-1:]
            return np.array([self._busy_s(node.name, sink, n_bytes)[0] for node in self.nodes])
        return np.array([self._additive[of].exit(node.name) for node in self.nodes])

    def _hop(self, of: Of, kind: int, other: int, n_bytes: NDArray[np.int64]) -> _Floats:
        group = self.groups[other]
        target = group[1] if kind == other and len(group) > 1 else group[0]
        price = self._busy_s if of is Of.BUSY else self._additive[of].between
        return price(self.nodes[kind].name, self.problem.nodes[target].name, n_bytes)


def _prefix(blocks: list[_Floats]) -> _Floats:
    return np.pad(np.cumsum(np.array(blocks), axis=1), ((0, 0), (1, 0)))
