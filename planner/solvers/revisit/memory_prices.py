"""Prices on memory: a lower bound, and plans that respect caps because memory costs something.

For prices p >= 0 on the rows of the shared limits, no plan that holds them is below

    bound(p) = min over walks of (value + sum over r of p_r · (use_r - limit_r) / scale_r)

a concave function, of which every walk found gives a plane above it. First the prices climb along
the excess of the cheapest walk; then each step goes to the top of all planes so far, within a box
around the best prices that grows and shrinks with their success.

Source: Held, Wolfe, Crowder, "Validation of subgradient optimization", Mathematical Programming 6,
1974; Marsten, Hogan, Blankenship, "The boxstep method for large-scale optimization", Operations
Research 23(3), 1975; Handler, Zang, "A dual algorithm for the constrained shortest path problem",
Networks 10, 1980 (prices for paths with a limited resource).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.incumbent import Incumbent
from planner.solvers.revisit.priced_walks import PricedWalks
from planner.solvers.revisit.segment_recurrence import ExtraPrices
from planner.solvers.revisit.shared_limits import SharedLimits

_Floats = NDArray[np.float64]
_CONVERGED = 1e-7
"""What the planes still promise, relative to the bound, when the search for prices ends."""
_MOST_PLANES = 300
ROUNDING = 1e-10
"""Of a bound, relative to the terms that are added and subtracted for it."""


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


class PriceSearch:
    """Raises the bound step by step, and offers every walk to the incumbent.

    Args:
        walks: finds the cheapest walk at given prices.
        limits: the rows that are priced.
        incumbent: takes the walks; its value is what the first steps aim at.
        start: the first prices; none cost anything if not given.
        dearest: no plan costs more, so a bound above it proves that there is none.
    """

    def __init__(
        self,
        walks: PricedWalks,
        limits: SharedLimits,
        incumbent: Incumbent,
        *,
        start: _Floats | None = None,
        dearest: float = inf,
    ) -> None:
        self._walks, self._limits, self._incumbent = walks, limits, incumbent
        self._best = Ascent(-inf, np.zeros(len(limits.limit)) if start is None else start, ())
        self._dearest = dearest
        self._chains: dict[Chain, None] = {}
        self._slopes: list[_Floats] = []
        self._heights: list[float] = []
        """Of the planes at prices of zero."""

    @property
    def best(self) -> Ascent:
        """So far."""
        return Ascent(self._best.bound, self._best.prices, tuple(self._chains))

    def climb(self, rounds: int, budget: Budget) -> Ascent:
        """Steps along the excess, as long as the gap to the target promises."""
        prices, step = self._best.prices, 1.0
        for _ in range(rounds):
            before = self._best.bound
            bound = self._look(prices, budget)
            if bound is None or bound == inf or not (self._slopes[-1] > 0).any():
                break
            if bound <= before:
                step /= 2
            # Without a plan to aim at, aim high: half as much again as the best bound.
            best, value = self._best.bound, self._incumbent.value
            target = value if value < inf else best + 0.5 * abs(best)
            slope = self._slopes[-1]
            length = step * max(target - bound, 1e-9 * abs(target)) / float(slope @ slope)
            prices = np.maximum(prices + length * slope, 0.0)
        return self.best

    def converge(self, rounds: int, budget: Budget) -> Ascent:
        """Steps to the top of the planes within a box."""
        if not self._slopes or self._best.bound == inf:
            return self.best
        radius = max(float(self._best.prices.max()) / 4, abs(self._best.bound) / 4, 1e-12)
        for _ in range(rounds):
            prices, promise = self._top(radius)
            before = self._best.bound
            if promise - before <= _CONVERGED * abs(before):
                break
            bound = self._look(prices, budget)
            if bound is None or bound == inf:
                break
            gain = (bound - before) / (promise - before)
            radius *= 2.0 if gain > 0.5 else (0.5 if gain < 0.0 else 1.0)
        return self.best

    def _look(self, prices: _Floats, budget: Budget) -> float | None:
        """The bound at some prices; none if the time is up."""
        walk = self._walks.cheapest(extra_prices(self._limits, prices), budget)
        if walk is None:
            return None
        bound = safe_bound(self._limits, prices, walk.value)
        if walk.chain is None or bound > self._dearest:
            self._best = Ascent(inf, prices, ())
            return inf
        self._chains[walk.chain] = None
        self._incumbent.offer(walk.chain)
        use = self._walks.use(walk.chain)
        slope = (use - self._limits.limit) / self._limits.scale
        self._slopes.append(slope)
        self._heights.append(walk.value - constant(self._limits, prices) - float(slope @ prices))
        if bound > self._best.bound:
            self._best = Ascent(bound, prices, ())
        return bound

    def _top(self, radius: float) -> tuple[_Floats, float]:
        """The highest point under all planes within the box around the best prices."""
        slopes = np.array(self._slopes[-_MOST_PLANES:])
        heights = np.array(self._heights[-_MOST_PLANES:])
        size = max(abs(self._best.bound), 1e-12)
        prices = self._best.prices
        rows = np.hstack((np.ones((len(slopes), 1)), -slopes))
        low = np.maximum(prices - radius, 0.0) / size
        high = (prices + radius) / size
        result = linprog(
            np.concatenate(([-1.0], np.zeros(len(prices)))),
            A_ub=rows,
            b_ub=heights / size,
            bounds=[(None, None), *zip(low, high, strict=True)],
        )
        if result.x is None:
            return prices, -inf
        return np.maximum(result.x[1:] * size, 0.0), float(result.x[0]) * size
