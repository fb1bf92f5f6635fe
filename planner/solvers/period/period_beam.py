"""Plans of short periods for many nodes in free order: the fullest stages first.

From each boundary every unused node is tried with the longest stage that it can compute within
the period, and with one block less. Of the partial plans that end at a boundary, those are kept
that have used up the least capacity, in the weights of `period_bound`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.costs.evaluate import Evaluator
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError, check
from planner.solvers.period.period_bound import Fluid
from planner.solvers.period.period_reach import TeamPath, farthest_within
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.period.teams import count_range

_Bools = NDArray[np.bool_]
_Ints = NDArray[np.int64]
_WIDTH = 80
_STEPS = (1.02, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 50.0, 100.0)
"""Periods to try, over the bound, until there is a plan; as many tries in all."""
_CLOSE = 2e-3
"""Ends the halving."""
_SHORTER = (0, 1)
"""Blocks less than the longest stage."""


@dataclass(frozen=True)
class _Partial:
    """Partial plans that end at one boundary; rows belong together."""

    used: _Bools
    """[F, N]"""
    last: _Ints
    n_stages: _Ints
    parents: _Ints
    """Rows among all kept ones; -1 for none."""

    def chosen(self, rows: _Ints) -> _Partial:
        return _Partial(self.used[rows], self.last[rows], self.n_stages[rows], self.parents[rows])


class PeriodBeam:
    """Builds plans of one problem."""

    def __init__(self, problem: Problem, flow: Fluid) -> None:
        self._problem, self._flow = problem, flow
        self._tables = TeamTables(problem, tuple((n,) for n in range(len(problem.nodes))))
        self._entry_s = self._tables.entry(Of.BUSY)
        self._exit_s = self._tables.exit(Of.BUSY)
        self._evaluator = Evaluator(problem)

    def best(self, budget: Budget) -> Plan | None:
        """The plan of the shortest period that some tries found, if any.

        Periods above the bound are tried in growing steps until there is a plan, then the range
        below it is halved.
        """
        best, low_s, high_s = None, self._flow.bound_s, 0.0
        try:
            for step in _STEPS:
                if best is not None and high_s <= low_s * (1 + _CLOSE):
                    break
                middle_s = self._flow.bound_s * step if best is None else (low_s + high_s) / 2
                plan = self._plan_within(middle_s, budget)
                if plan is None:
                    low_s = middle_s
                else:
                    best, high_s = plan, self._evaluator.evaluate(plan).period_s
        except SpentError:
            return best
        return best

    def _plan_within(self, period_s: float, budget: Budget) -> Plan | None:
        search = _Beam(self._tables, self._flow, period_s)
        path = search.path(self._entry_s <= period_s, self._exit_s <= period_s, budget)
        if path is None:
            return None
        names = tuple(self._problem.nodes[n].name for n in path.teams)
        plan = self._problem.plan(path.cuts, names)
        return plan if self._evaluator.evaluate(plan).period_s <= period_s * (1 + 1e-9) else None


class _Beam:
    """One period's search."""

    def __init__(self, tables: TeamTables, flow: Fluid, period_s: float) -> None:
        self._tables, self._flow, self._period_s = tables, flow, period_s
        n_nodes = len(tables.nodes)
        self._stops = np.array([farthest_within(tables, n, 1, period_s) for n in range(n_nodes)])
        self._counts = count_range(tables.problem)
        self._n_blocks = tables.problem.n_blocks
        self._arrived: list[list[_Partial]] = [[] for _ in range(self._n_blocks + 1)]
        self._kept: list[tuple[int, int, int]] = []

    def path(self, entries: _Bools, exits: _Bools, budget: Budget) -> TeamPath | None:
        """Nodes as teams of one."""
        n_nodes = len(entries)
        nothing = _Partial(
            np.zeros((1, n_nodes), dtype=np.bool_),
            *(np.full(1, value, dtype=np.int64) for value in (-1, 0, -1)),
        )
        self._extend(0, nothing, np.array([-1]), entries[np.newaxis])
        for start in range(1, self._n_blocks):
            check(budget)
            kept = self._best_at(start)
            if kept is not None:
                rows = self._note(start, kept)
                self._extend(start, kept, rows, self._can_send(kept.last, start))
        whole = self._best_at(self._n_blocks)
        if whole is None:
            return None
        good = np.flatnonzero(exits[whole.last] & (whole.n_stages >= self._counts.least))
        if not len(good):
            return None
        return self._walk_back(int(whole.last[good[0]]), int(whole.parents[good[0]]))

    def _can_send(self, last: _Ints, start: int) -> _Bools:
        busy_s = np.array([self._tables.hops(Of.BUSY, n)[:, start] for n in last.tolist()])
        within: _Bools = busy_s <= self._period_s
        return within

    def _best_at(self, bound: int) -> _Partial | None:
        """Those that used the least capacity, each last node and capacity once."""
        parts = self._arrived[bound]
        if not parts:
            return None
        every = _Partial(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS)
        )
        capacity = every.used @ self._flow.weights
        left = self._period_s * (self._flow.weights.sum() - capacity)
        useful = np.flatnonzero(left >= self._flow.work_after[bound])
        rounded = np.round(capacity[useful] / self._flow.weights.max(), 9)
        last = every.last[useful]
        order = np.lexsort((last, rounded))
        rounded, last = rounded[order], last[order]
        is_first = np.append(True, (np.diff(rounded) > 0) | (np.diff(last) != 0))[: len(order)]
        rows = useful[order[is_first][:_WIDTH]]
        return every.chosen(rows) if len(rows) else None

    def _note(self, bound: int, kept: _Partial) -> _Ints:
        first = len(self._kept)
        triples = zip(kept.last.tolist(), kept.parents.tolist(), strict=True)
        self._kept += [(bound, last, parent) for last, parent in triples]
        return np.arange(first, len(self._kept))

    def _extend(self, start: int, kept: _Partial, rows: _Ints, allowed: _Bools) -> None:
        farthest = self._stops[:, start]
        allowed = allowed & ~kept.used & (kept.n_stages < self._counts.most)[:, np.newaxis]
        for shorter in _SHORTER:
            stops = farthest - shorter
            places, nodes = np.nonzero(allowed & (stops > start))
            used = kept.used[places]
            used[np.arange(len(nodes)), nodes] = True
            later = _Partial(used, nodes, kept.n_stages[places] + 1, rows[places])
            for stop in np.unique(stops[nodes]).tolist():
                self._arrived[stop].append(later.chosen(np.flatnonzero(stops[nodes] == stop)))

    def _walk_back(self, last: int, row: int) -> TeamPath:
        teams, cuts = [last], list[int]()
        while row >= 0:
            bound, node, row = self._kept[row]
            teams.append(node)
            cuts.append(bound)
        return TeamPath(tuple(reversed(teams)), tuple(reversed(cuts)))


_FIELDS = ("used", "last", "n_stages", "parents")
