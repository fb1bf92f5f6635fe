"""Visit prices: what each visit should cost so that the relaxation visits no node too often.

A price w_t >= 0 for each type's visits, of which there may be c_t, and a price v for each stage,
of which there may be a to b, make a bound of every plan's value:

    bound = least relaxed value with prices - sum of w_t c_t - max(v a, v b)

The best prices are searched along subgradients: how many visits the relaxed chain makes too many.

Source: Held, Wolfe and Crowder, "Validation of subgradient optimization", Mathematical Programming
6 (1974), with the step of Polyak; the direction is smoothed as in Camerini, Fratta and Maffioli,
"On improving relaxation methods by modified gradient techniques", Mathematical Programming Study 3
(1975).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.relaxed_chain import Completions, RelaxedChain
from planner.solvers.any_order.stage_bounds import unit_tables
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.budget import Budget
from planner.solvers.stage_counts import StageCounts

_Floats = NDArray[np.float64]
_SMOOTHING = 0.5
_PATIENCE = 8
"""Rounds without a better bound before steps are made shorter."""
_SHORTER = 0.7
_SHORTEST = 0.002
"""Relative step at which the search ends."""
_IMPOSSIBLE = 1e-6
"""What counts as above zero, relative to all prices: more than rounding."""
_FADING = 0.93
"""Of steps towards a proof that no plan fits."""
_NO_TARGET = 1.5
"""How far above the first bound the value is guessed to be while no plan is known."""


@dataclass(frozen=True)
class PricedRelaxation:
    """The best prices found, and what follows from them."""

    bound: float
    """No plan has a smaller value."""
    offset: float
    """What to take from a priced value to get a bound."""
    prices: _Floats
    """[T + 1]: of the visits of each type, and of a stage."""
    completions: Completions
    is_exact: bool
    """The relaxed walk visits nothing too often, and what it pays for visits it gets back."""


class _Dual:
    """One price per type and one per stage, as one vector."""

    def __init__(
        self, relaxed: RelaxedChain, counts: StageCounts, start: _Floats | None = None
    ) -> None:
        self._relaxed = relaxed
        self._allowed = relaxed.tables.counts.astype(np.float64)
        n_nodes = int(self._allowed.sum())
        self._most = counts.most if counts.most < n_nodes else None
        self._least = counts.least if counts.least > 1 else None
        self.start = np.zeros(len(self._allowed) + 1) if start is None else start

    def price(self, prices: _Floats, budget: Budget) -> PricedRelaxation | None:
        found = self._relaxed.completions(prices[:-1] + prices[-1], budget)
        if found is None:
            return None
        count = (self._most if prices[-1] > 0 else self._least) or 0
        offset = float(prices[:-1] @ self._allowed) + float(prices[-1]) * count
        is_exact = found.walk is not None and not self.excess(prices, found).any()
        return PricedRelaxation(found.value - offset, offset, prices, found, is_exact)

    def excess(self, prices: _Floats, found: Completions) -> _Floats:
        """How many visits there are too many; too few count only where they are priced."""
        types = () if found.walk is None else found.walk.types
        visits = np.bincount(types, minlength=len(self._allowed)) - self._allowed
        excess = np.append(visits, 0.0)
        excess[:-1][(prices[:-1] <= 0) & (visits < 0)] = 0
        excess[-1] = self._stage_excess(float(prices[-1]), len(types))
        return excess

    def _stage_excess(self, price: float, n_stages: int) -> float:
        if self._most is not None and (n_stages > self._most or price > 0):
            return n_stages - self._most
        if self._least is not None and (n_stages < self._least or price < 0):
            return n_stages - self._least
        return 0.0

    def moved(self, prices: _Floats, step: _Floats) -> _Floats:
        prices = prices + step
        prices[:-1] = np.maximum(prices[:-1], 0.0)
        low = -inf if self._least is not None else 0.0
        high = inf if self._most is not None else 0.0
        prices[-1] = min(max(prices[-1], low), high)
        return prices


def is_proved_impossible(
    tables: TypeTables, counts: StageCounts, budget: Budget, *, most_rounds: int
) -> bool:
    """Whether visits alone show that no plan fits, such as too little memory in all.

    A bound above zero where nothing but visits has a price. They start in proportion to how many
    blocks a node holds on average.
    """
    relaxed = RelaxedChain(unit_tables(tables))
    held = (tables.stops - np.arange(tables.n_blocks)).mean(axis=1)
    prices = np.append(held / max(float(held.max()), 1e-9), 0.0)
    dual = _Dual(relaxed, counts, prices)
    step = float(prices.mean())
    for _ in range(most_rounds):
        if (found := dual.price(prices, budget)) is None:
            return False
        if found.bound > _IMPOSSIBLE * max(found.offset, 1.0):
            return True
        excess = dual.excess(prices, found.completions)
        prices = dual.moved(prices, step / max(float(np.abs(excess).max()), 1.0) * excess)
        step *= _FADING
    return False


def best_visit_prices(
    relaxed: RelaxedChain, counts: StageCounts, target: float,
    *, budget: Budget, most_rounds: int, start: _Floats | None = None,
) -> PricedRelaxation | None:  # fmt: skip
    """Searches the prices of the best bound; none if the budget ended before the first one.

    Args:
        relaxed: the relaxation.
        counts: how many stages a plan may have.
        target: value of a known plan; infinite without one.
        budget: ends the search.
        most_rounds: so many relaxed chains are solved at most.
        start: prices to begin with; none cost anything if not given.
    """
    dual = _Dual(relaxed, counts, start)
    best_prices = prices = dual.start
    best = dual.price(prices, budget)
    if best is None or not np.isfinite(best.bound):
        return best
    aim = target if np.isfinite(target) else _NO_TARGET * best.bound
    current, direction, step, stalled = best, np.zeros_like(prices), 1.0, 0
    for _ in range(most_rounds - 1):
        excess = dual.excess(prices, current.completions)
        if not excess.any() or best.bound >= target or step < _SHORTEST:
            break
        direction = excess + _SMOOTHING * direction
        length = max(aim - current.bound, 1e-6 * abs(aim)) / max(float(direction @ direction), 1e-9)
        prices = dual.moved(prices, step * length * direction)
        if (found := dual.price(prices, budget)) is None:
            break
        current = found
        stalled = 0 if current.bound > best.bound else stalled + 1
        if stalled == 0:
            best, best_prices = current, prices
        elif stalled == _PATIENCE:
            step, stalled = _SHORTER * step, 0
            current, prices, direction = best, best_prices, np.zeros_like(prices)
        if not np.isfinite(target):
            aim = max(aim, best.bound * (1 + 0.5 * (_NO_TARGET - 1)))
    return best
