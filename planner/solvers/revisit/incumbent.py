"""The incumbent: the best chain found so far that holds every shared limit."""

from __future__ import annotations

from itertools import pairwise
from math import inf, isfinite

import numpy as np

from planner.costs.additive import AdditivePrices
from planner.objectives import Objective
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.shared_limits import SharedLimits


class Incumbent:
    """Takes chains, and keeps the best of those that hold the limits.

    Values are sums of additive prices, which is quicker than the evaluator for chains of thousands
    of stages, and equal to it up to rounding.
    """

    def __init__(self, problem: Problem, objective: Objective) -> None:
        self._problem = problem
        self._prices = AdditivePrices(problem, objective)
        self._limits = SharedLimits(problem)
        self._names = tuple(node.name for node in problem.nodes)
        self._chain: Chain | None = None
        self.value = inf

    @property
    def cuts(self) -> tuple[int, ...]:
        """Inner boundaries of the best chain; none without one."""
        return () if self._chain is None else self._chain.cuts

    @property
    def plan(self) -> Plan | None:
        """The best chain as a plan."""
        if self._chain is None:
            return None
        names = tuple(self._names[n] for n in self._chain.nodes)
        return self._problem.plan(self._chain.cuts, names)

    def offer(self, chain: Chain) -> None:
        """Keeps the chain if it holds the limits and is better than all before."""
        if self._limits.holds(chain):
            value = self._value(chain)
            if isfinite(value) and value < self.value:
                self._chain, self.value = chain, value

    def _value(self, chain: Chain) -> float:
        bounds = np.array([0, *chain.cuts, self._problem.n_blocks])
        nodes = np.array(chain.nodes)
        total = 0.0
        for n in sorted(set(chain.nodes)):
            mine = nodes == n
            stages = self._prices.stages(
                self._problem.nodes[n], bounds[:-1][mine], bounds[1:][mine]
            )
            total += float(stages.sum())
        names = [self._names[n] for n in chain.nodes]
        sizes = np.array(self._problem.cut_bytes, dtype=np.int64)[bounds[1:-1]]
        places: dict[tuple[str, str], list[int]] = {}
        for place, pair in enumerate(pairwise(names)):
            places.setdefault(pair, []).append(place)
        hops = (self._prices.between(*pair, sizes[where]) for pair, where in places.items())
        total += self._prices.entry(names[0]) + self._prices.exit(names[-1])
        return total + sum(float(hop.sum()) for hop in hops)
