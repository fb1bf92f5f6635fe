"""The table over how many nodes of each type a chain has used.

Legend: u is how many nodes of each type are used, k = sum of u the stages so far, u + m one node of
type m more, i, j boundaries, B the last one, C_m[j] the price of the blocks before j on m.

    rest_k[u, m][i]   = min over i < j <= stop_m[i] of C_m[j] - C_m[i] + onward_k+1[u + m, m][j]
    onward_k[u, t][j] = min over m with a node left in u of hop_j(t, m) + rest_k[u, m][j]
    onward_k[u, t][B] = hop(t, sink) if a plan may have k stages
    value             = min over m of hop(source, m) + rest_0[0, m][0]

With one node of each type this is the dynamic program over subsets.

Source: Held and Karp, "A dynamic programming approach to sequencing problems", Journal of SIAM 10
(1962), with counts of equal nodes instead of subsets, and with where the stage ends.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from planner.problem import Problem
from planner.solvers.any_order.relaxed_chain import TypeWalk
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.budget import Budget
from planner.solvers.node_types import node_types
from planner.solvers.stage_counts import StageCounts

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


def table_cells(problem: Problem) -> int:
    """Number of values that the table of a problem holds."""
    counts = [len(group) for group in node_types(problem)]
    states = prod(count + 1 for count in counts)
    rows = sum(states * count // (count + 1) for count in counts)
    return rows * (problem.n_blocks + 1)


class TypedTable:
    """The table of one problem, filled from the last stage to the first.

    O(S T (T B + B log B)) for S = product of (nodes of a type + 1) and T types.
    """

    def __init__(self, tables: TypeTables, counts: StageCounts) -> None:
        self._tables, self._counts = tables, counts
        radix = tables.counts + 1
        self.stride = np.concatenate(([1], np.cumprod(radix[:-1])))
        """[T]: what a node of each type adds to a state's number."""
        states = np.arange(int(np.prod(radix)))
        self.used = states[:, np.newaxis] // self.stride % radix
        """[S, T]: nodes of each type that a state has used."""
        self._total = self.used.sum(axis=1)
        self._rest: list[list[_Floats]] = []
        """For the same states: [states, B + 1]."""
        self.states: list[list[_Ints]] = []
        """By stages before, then by type: the states with a node left, ascending."""
        lengths = tables.stops - np.arange(tables.n_blocks)
        self._level = np.where(lengths > 0, np.frexp(np.maximum(lengths, 1))[1] - 1, -1)

    def fill(self, budget: Budget) -> bool:
        """Fills the table; returns whether the budget was enough."""
        n_types, most = len(self.stride), self._counts.most
        left = self.used < self._tables.counts
        for k in range(most):
            at = self._total == k
            self.states.append([np.flatnonzero(at & left[:, m]) for m in range(n_types)])
        self._rest = [[] for _ in range(most)]
        for k in reversed(range(most)):
            for m in range(n_types):
                if budget.spent:
                    return False
                onward = self.onward(k + 1, m, self.states[k][m] + self.stride[m])
                self._rest[k].append(self._window_minimum(m, onward))
        return True

    def best_walk(self) -> TypeWalk | None:
        """A chain of least value; none if nothing fits."""
        tables = self._tables
        first = np.array([self._value(0, 0, m, 0) for m in range(len(self.stride))])
        first += tables.entry
        if not np.isfinite(first).any():
            return None
        state, start, t = 0, 0, int(first.argmin())
        types, cuts = [t], list[int]()
        while True:
            state += int(self.stride[t])
            onward = self.onward(len(types), t, np.array([state]))[0]
            stops = slice(start + 1, int(tables.stops[t, start]) + 1)
            start += 1 + int((tables.prefix[t, stops] + onward[stops]).argmin())
            if start == tables.n_blocks:
                return TypeWalk(tuple(cuts), tuple(types))
            after = [self._value(len(types), state, m, start) for m in range(len(self.stride))]
            t = int((tables.hop[start, t] + np.array(after)).argmin())
            types.append(t)
            cuts.append(start)

    def _value(self, k: int, state: int, m: int, i: int) -> float:
        states = self.states[k][m]
        row = int(np.searchsorted(states, state))
        missing = row == len(states) or states[row] != state
        return np.inf if missing else float(self._rest[k][m][row, i])

    def onward(self, k: int, t: int, states: _Ints) -> _Floats:
        """[states, B + 1]: the least value of the rest after the k-th stage, on type t."""
        tables = self._tables
        onward = np.full((len(states), tables.n_blocks + 1), np.inf)
        if k < self._counts.most:
            for m, rest in enumerate(self._rest[k]):
                rows = np.flatnonzero(self.used[states, m] < tables.counts[m])
                hop = tables.hop[:, t, m]
                if len(rows) and np.isfinite(hop).any():
                    places = np.searchsorted(self.states[k][m], states[rows])
                    onward[rows] = np.minimum(onward[rows], rest[places] + hop)
        onward[:, -1] = tables.exit[t] if k in self._counts else np.inf
        return onward

    def _window_minimum(self, m: int, onward: _Floats) -> _Floats:
        """[states, B + 1]: the least over all stops that fit a stage on m, from each start."""
        tables, level = self._tables, self._level[m]
        least = tables.prefix[m] + onward
        found = np.full(onward.shape, np.inf)
        for size in range(int(level.max()) + 1):
            starts = np.flatnonzero(level == size)
            second = tables.stops[m, starts] - (1 << size) + 1
            found[:, starts] = np.minimum(least[:, starts + 1], least[:, second])
            half = 1 << size
            least = (
                np.minimum(least[:, :-half], least[:, half:]) if half < least.shape[1] else least
            )
        found[:, :-1] -= tables.prefix[m, :-1]
        return found
