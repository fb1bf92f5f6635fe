"""Prices on memory: a lower bound, and plans that respect caps because memory costs something.

For prices p >= 0 on the rows of the shared limits, no plan that holds them is below

    bound(p) = min over walks of (value + sum over r of p_r · (use_r - limit_r) / scale_r)

The prices climb along the excess of the cheapest walk, its subgradient.

Source: Held, Wolfe, Crowder, "Validation of subgradient optimization", Mathematical Programming 6,
1974 (the step, halved when the bound stalls); Handler, Zang, "A dual algorithm for the constrained
shortest path problem", Networks 10, 1980 (its use for paths with a limited resource).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.costs.memory import StageMemory
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.incumbent import Incumbent
from planner.solvers.segment_recurrence import ExtraPrices, forward
from planner.solvers.segment_tables import SegmentTables
from planner.solvers.shared_limits import SharedLimits
from planner.solvers.viterbi import Walk, cheapest_walk
from planner.solvers.walk_prices import WalkPrices

_Floats = NDArray[np.float64]
_PATIENCE = 6
"""Rounds without a better bound before the step is halved."""
_LEAST_STEP = 1e-3
_STEADY = 1e-4
"""Smaller gains, relative to the bound, count as none."""
ROUNDING = 1e-10
"""Of a bound, relative to the terms that are added and subtracted for it."""


class PricedWalks(Protocol):
    """Finds walks of least value under prices on what stages use."""

    def cheapest(self, extra: ExtraPrices, budget: Budget) -> Walk | None:
        """Of value at most that of every plan that fits, extra included; none if time is up."""
        ...


@dataclass(frozen=True)
class SegmentWalks:
    """Over explicit segments: their bytes and single caps as they are."""

    tables: SegmentTables

    def cheapest(self, extra: ExtraPrices, budget: Budget) -> Walk | None:
        """The cheapest walk; O(N P²)."""
        if budget.spent:
            return None
        found, chain = forward(self.tables, extra)
        return Walk(found.total, chain)


class BlockWalks:
    """Block by block, for chains too long for explicit segments: bytes as an additive bound."""

    def __init__(self, problem: Problem, prices: WalkPrices) -> None:
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


@dataclass(frozen=True)
class Ascent:
    """Where the prices ended."""

    bound: float
    """No plan is below it; infinite if there is none at all."""
    prices: _Floats
    """[rows]: with which the bound was found; per scale."""
    chains: tuple[Chain, ...]
    """Seen on the way, each once."""


def extra_prices(limits: SharedLimits, prices: _Floats) -> ExtraPrices:
    """Prices of rows as prices of bytes and stages."""
    n_nodes = len(limits.problem.nodes)
    scaled = prices / limits.scale
    return ExtraPrices(scaled[:n_nodes], float(limits.per_stage @ scaled[n_nodes:]))


def constant(limits: SharedLimits, prices: _Floats) -> float:
    """What the limits themselves are worth: the part of the bound that no walk changes."""
    return float(prices @ (limits.limit / limits.scale))


def safe_bound(limits: SharedLimits, prices: _Floats, total: float) -> float:
    """The bound from a walk's priced total, less what rounding may have added."""
    worth = constant(limits, prices)
    size = abs(total) + float(prices @ np.abs(limits.limit / limits.scale))
    return total - worth - ROUNDING * size if size < inf else total


def ascend(
    walks: PricedWalks,
    limits: SharedLimits,
    incumbent: Incumbent,
    budget: Budget,
    *,
    rounds: int,
    start: _Floats | None = None,
) -> Ascent:
    """Raises the bound for some rounds, and offers every walk to the incumbent.

    Args:
        walks: finds the cheapest walk at given prices.
        limits: the rows that are priced.
        incumbent: takes the walks; its value is what the bound aims at.
        budget: when to stop.
        rounds: most walks to find.
        start: the first prices; none cost anything if not given.
    """
    prices = np.zeros(len(limits.limit)) if start is None else start
    best, best_prices, step, stalled = -inf, prices, 1.0, 0
    chains: dict[Chain, None] = {}
    for _ in range(rounds):
        walk = walks.cheapest(extra_prices(limits, prices), budget)
        if walk is None or step < _LEAST_STEP:
            break
        if walk.chain is None:
            return Ascent(inf, prices, tuple(chains))
        chains[walk.chain] = None
        incumbent.offer(walk.chain)
        bound = safe_bound(limits, prices, walk.value)
        stalled += 1
        if bound > best:
            stalled = 0 if bound > best + _STEADY * abs(best) or isinf(best) else stalled
            best, best_prices = bound, prices
        if stalled > _PATIENCE:
            step, stalled, prices = step / 2, 0, best_prices
        excess = limits.excess(walk.chain)
        if not (excess > 0).any() and float(prices @ np.abs(excess)) <= ROUNDING * abs(best):
            break
        # Without a plan to aim at, aim high: half as much again as the best bound.
        target = incumbent.value if incumbent.value < inf else best + 0.5 * abs(best)
        length = step * max(target - bound, 1e-9 * abs(target)) / float(excess @ excess)
        prices = np.maximum(prices + length * excess, 0.0)
    return Ascent(best, best_prices, tuple(chains))
