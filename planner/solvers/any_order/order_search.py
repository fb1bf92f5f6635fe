"""Local search over orders of nodes: good plans for problems of any size, without a proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.solvers.any_order.free_class import Incumbent
from planner.solvers.any_order.order_moves import Types, node_moves, order_moves
from planner.solvers.any_order.sequence_prices import Neighbour, SequencePrices
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.budget import Budget
from planner.solvers.stage_counts import StageCounts

_ROUNDING = 1e-12
"""An improvement is more than so much, relative to the value."""
_CHUNK = 256
"""Neighbours that are priced before the clock is looked at."""


@dataclass(frozen=True)
class OrderEffort:
    """How much the local search may do."""

    kicks: int
    """How often it starts again from a changed best order."""
    most_priced: int
    """Stages that may be priced in all."""
    reach: int = 16
    """Places over which nodes are moved."""


class OrderSearch:
    """Improves a plan's order by single moves until none helps, then kicks it and begins again."""

    def __init__(
        self, tables: TypeTables, counts: StageCounts, incumbent: Incumbent, effort: OrderEffort
    ) -> None:
        self._tables, self._counts, self._incumbent = tables, counts, incumbent
        self._effort, self._left = effort, effort.most_priced
        self._prices = SequencePrices(tables)

    def run(self, budget: Budget) -> None:
        """Improves the best plan, if there is one; the same seed takes the same steps."""
        rng = np.random.default_rng(budget.seed)
        if self._incumbent.walk is None:
            return
        best = self._descended(self._incumbent.walk.types, budget)
        for _ in range(self._effort.kicks):
            if budget.spent or self._left <= 0:
                return
            found = self._descended(self._kicked(best[1], rng), budget)
            best = min(best, found)

    def _descended(self, types: Types, budget: Budget) -> tuple[float, Types]:
        """The local optimum that steepest steps lead to."""
        value = self._prices.value(types)
        while not budget.spent and self._left > 0:
            step = self._best(types, node_moves(types, self._unused(types), self._counts), budget)
            if not step[0] < value * (1 - _ROUNDING):
                step = self._best(types, order_moves(types, self._effort.reach), budget)
            if not step[0] < value * (1 - _ROUNDING):
                break
            value, types = step
        if value < self._incumbent.value:
            self._incumbent.offer(self._prices.walk(types))
        return value, types

    def _best(self, types: Types, moves: list[Neighbour], budget: Budget) -> tuple[float, Types]:
        best = (np.inf, types)
        for first in range(0, len(moves), _CHUNK):
            if budget.spent:
                break
            part = moves[first : first + _CHUNK]
            values = self._prices.neighbours(types, part)
            self._left -= sum(len(move.middle) for move in part) + 2 * len(types)
            index = int(values.argmin())
            if values[index] < best[0]:
                best = (float(values[index]), part[index].applied(types))
        return best

    def _kicked(self, types: Types, rng: np.random.Generator) -> Types:
        """Some neighbouring nodes replaced by others, or a piece moved elsewhere."""
        changed = list(types)
        if len(types) > 3 and rng.random() < 0.5:
            a, b, c = sorted(rng.choice(len(types) + 1, 3, replace=False).tolist())
            return (*types[:a], *types[b:c], *types[a:b], *types[c:])
        size = int(rng.integers(1, 1 + min(4, len(types))))
        first = int(rng.integers(0, len(types) - size + 1))
        unused = self._unused(types)
        for place in range(first, first + size):
            free = np.flatnonzero(unused > 0)
            if len(free):
                new = int(rng.choice(free))
                unused[changed[place]] += 1
                unused[new] -= 1
                changed[place] = new
        return tuple(changed)

    def _unused(self, types: Types) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return self._tables.counts - np.bincount(types, minlength=len(self._tables.counts))
