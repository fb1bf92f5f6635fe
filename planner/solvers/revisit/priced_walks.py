"""Walks under prices on what stages use: the inner problem of the search for prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.costs.memory import StageMemory
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.segment_recurrence import ExtraPrices, forward
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits
from planner.solvers.revisit.viterbi import Walk, cheapest_walk
from planner.solvers.revisit.walk_prices import WalkPrices

_Floats = NDArray[np.float64]


class PricedWalks(Protocol):
    """Finds walks of least value under prices on what stages use."""

    def cheapest(self, extra: ExtraPrices, budget: Budget) -> Walk | None:
        """Of value at most that of every plan that fits, extra included; none if time is up."""
        ...

    def use(self, chain: Chain) -> _Floats:
        """[rows]: what a walk uses of each shared limit, as it was priced."""
        ...


@dataclass(frozen=True)
class SegmentWalks:
    """Over explicit segments: their bytes and single caps as they are."""

    tables: SegmentTables
    limits: SharedLimits

    def cheapest(self, extra: ExtraPrices, budget: Budget) -> Walk | None:
        """The cheapest walk; O(N P²)."""
        if budget.spent:
            return None
        found, chain = forward(self.tables, extra)
        return Walk(found.total, chain)

    def use(self, chain: Chain) -> _Floats:
        """As it is."""
        return self.limits.use(chain)


class BlockWalks:
    """Block by block, for chains too long for explicit segments: bytes as an additive bound."""

    def __init__(self, problem: Problem, prices: WalkPrices) -> None:
        self._limits = SharedLimits(problem)
        memory = StageMemory(problem)
        parts = [memory.additive_bound_bytes(node) for node in problem.nodes]
        self._prices = prices
        self._opening_bytes = np.array([opening for opening, _ in parts]).T
        self._block_bytes = np.array([block for _, block in parts]).T

    def cheapest(self, extra: ExtraPrices, budget: Budget) -> Walk | None:
        """The cheapest walk by the bound on its bytes; O(N² B)."""
        opening = self._opening_bytes * extra.per_byte + extra.per_stage
        priced = replace(
            self._prices,
            opening=self._prices.opening + opening,
            block=self._prices.block + self._block_bytes * extra.per_byte,
        )
        return cheapest_walk(priced, budget=budget)

    def use(self, chain: Chain) -> _Floats:
        """By the bound on its bytes."""
        used = self._limits.use(chain)
        bounds = (0, *chain.cuts, len(self._block_bytes))
        used[: self._block_bytes.shape[1]] = 0.0
        for n, start, stop in zip(chain.nodes, bounds, bounds[1:], strict=False):
            used[n] += self._opening_bytes[start, n] + self._block_bytes[start:stop, n].sum()
        return used
