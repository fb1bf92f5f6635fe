"""Walks within a period: plans whose nodes may come again, each visit at a price.

For one period, stages and hops that take longer do not exist, and nothing else has a price. A walk
is a plan that may give a node several stages. No walk: no plan. With a price w_k >= 0 for a visit
of each node of kind k, of which there are c_k, and a price v for each of a to b stages, a plan pays
at most

    most = Σ w_k c_k + max(v a, v b)

so that no plan keeps the period if every walk pays more. A walk that visits nothing too often is a
plan. Labels that remember visits settle what prices leave open: see `any_order.label_search`.

Source: Christofides, Mingozzi and Toth, "State-space relaxation procedures for the computation of
bounds to routing problems", Networks 11 (1981); Held, Wolfe and Crowder, "Validation of subgradient
optimization", Mathematical Programming 6 (1974), for how prices are moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.label_search import LabelSearch, SearchEffort
from planner.solvers.any_order.relaxed_chain import Completions, RelaxedChain, TypeWalk
from planner.solvers.any_order.stage_bounds import StageBounds, stage_bounds
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.any_order.visit_memory import group_memory
from planner.solvers.any_order.visit_prices import PricedRelaxation
from planner.solvers.budget import Budget
from planner.solvers.period.period_cases import PeriodCase, period_cases
from planner.solvers.period.period_reach import TeamPath, farthest_within
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.period.teams import FreeUsage, follow_table
from planner.solvers.stage_counts import StageCounts

_Bools = NDArray[np.bool_]
_Floats = NDArray[np.float64]
_ABOVE = 1e-7
"""What a walk must pay above the most, relative to it: more than rounding."""
_FADING = 0.93
"""Of steps, from one round to the next."""


@dataclass(frozen=True)
class WalkEffort:
    """How much one question may cost."""

    rounds: int
    """Prices of visits that are tried."""
    width: int = 0
    """Labels at a boundary; none to leave open what prices leave open."""
    most_work: int = 0
    """Labels that may be extended in all."""


@dataclass(frozen=True)
class Verdict:
    """What is known about plans within a period."""

    is_impossible: bool
    path: TeamPath | None = None
    """A plan, if one was found."""
    work: int = 0
    """Labels that were extended."""


class PeriodWalks:
    """Answers for any period whether a plan in free order keeps it, as far as the effort goes."""

    def __init__(self, tables: TeamTables, usage: FreeUsage) -> None:
        self._tables, self._usage = tables, usage
        self._cases = period_cases(tables)
        self._kinds = np.array([team.kind for team in usage.teams])
        self._sizes = np.array([team.size for team in usage.teams])
        self._have = np.array([len(group) for group in usage.groups], dtype=np.float64)
        turns = np.array([[lcm(a, b) for b in self._sizes] for a in self._sizes])
        hops = np.array([tables.hops(Of.BUSY, kind)[self._kinds] for kind in self._kinds])
        hops = np.moveaxis(hops, 2, 0) / turns
        hops[:, ~np.array(follow_table(usage), dtype=np.bool_)] = np.inf
        self._hop_s: _Floats = hops
        """[B + 1, T, T]: period that a hop between two teams allows."""
        self._prices: _Floats | None = None

    def judge(self, period_s: float, effort: WalkEffort, budget: Budget) -> Verdict:
        """Whether no plan has at most this period, or one that has; neither if it stays open."""
        work = 0
        is_impossible = True
        for case in self._cases:
            tables = self._within(case, period_s)
            found = _Question(tables, self, effort, budget).answer()
            work += found.work
            if found.path is not None:
                return Verdict(is_impossible=False, path=found.path, work=work)
            is_impossible = is_impossible and found.is_impossible
        return Verdict(is_impossible, work=work)

    @property
    def counts(self) -> StageCounts:
        """Of stages."""
        return StageCounts(self._usage.counts.least, self._usage.counts.most)

    @property
    def is_single(self) -> bool:
        """Whether every team is one node."""
        return bool((self._sizes == 1).all())

    @property
    def kinds(self) -> NDArray[np.int64]:
        """[T]: of each team."""
        return self._kinds

    def used(self, walk: TypeWalk | None) -> _Floats:
        """[kinds]: nodes that its stages take, above what there is."""
        teams = np.array(() if walk is None else walk.types, dtype=np.int64)
        taken = np.bincount(self._kinds[teams], self._sizes[teams], minlength=len(self._have))
        return taken - self._have

    def first_prices(self, tables: TypeTables) -> _Floats:
        """[kinds + 1]: of the nodes of each kind, by what they hold on average, and of a stage."""
        if self._prices is not None:
            return self._prices
        held = (tables.stops - np.arange(tables.n_blocks)).mean(axis=1)
        prices = np.zeros(len(self._have) + 1)
        alone = np.flatnonzero(self._sizes == 1)
        prices[self._kinds[alone]] = held[alone]
        return self.scaled(prices)

    def keep(self, prices: _Floats) -> None:
        """Begins with these prices next time."""
        self._prices = prices

    def scaled(self, prices: _Floats) -> _Floats:
        """The same proportions, so that all nodes together cost 1."""
        return prices / max(float(prices[:-1] @ self._have), 1e-300)

    def per_team(self, prices: _Floats) -> _Floats:
        """[T]: what a stage on each team pays."""
        visits: _Floats = prices[self._kinds] * self._sizes + prices[-1]
        return visits

    def most(self, prices: _Floats) -> float:
        """What a plan pays at most."""
        counts, stage = self.counts, float(prices[-1])
        return float(prices[:-1] @ self._have) + max(stage * counts.least, stage * counts.most)

    def _within(self, case: PeriodCase, period_s: float) -> TypeTables:
        tables, teams = self._tables, self._usage.teams
        stops = np.array([farthest_within(tables, t.kind, t.size, period_s) for t in teams])
        members = tuple(
            self._usage.groups[t.kind][: len(self._usage.groups[t.kind]) // t.size] for t in teams
        )
        return TypeTables(
            members=members,
            prefix=np.zeros((len(teams), stops.shape[1] + 1)),
            stops=stops,
            entry=_open(case.entry_s[self._kinds] <= period_s * self._sizes),
            exit=_open(case.exit_s[self._kinds] <= period_s * self._sizes),
            hop=_open(self._hop_s <= period_s),
        )


class _Question:
    """One period and one case."""

    def __init__(
        self, tables: TypeTables, walks: PeriodWalks, effort: WalkEffort, budget: Budget
    ) -> None:
        self._tables, self._walks, self._effort, self._budget = tables, walks, effort, budget
        self._relaxed = RelaxedChain(tables)
        self._counts = walks.counts
        self._best: tuple[float, _Floats, Completions] | None = None
        self._path: TeamPath | None = None
        self._last: Completions | None = None
        self._is_impossible = False

    def answer(self) -> Verdict:
        walks = self._walks
        nothing = np.zeros(len(walks.first_prices(self._tables)))
        if self._try(nothing) or self._path is not None or self._effort.rounds == 0:
            return self._verdict()
        prices = walks.first_prices(self._tables)
        step = float(prices[:-1].mean())
        for _ in range(self._effort.rounds):
            if self._budget.spent or self._try(prices) or self._path is not None:
                return self._verdict()
            if self._last is None:
                break
            excess = self._excess(prices, self._last)
            longest = max(float(np.abs(excess).max()), 1.0)
            prices = self._moved(prices, step / longest * excess)
            step *= _FADING
        return self._labelled() if self._effort.width else self._verdict()

    def _try(self, prices: _Floats) -> bool:
        """Whether no walk pays so little as a plan would at most; notes the best prices."""
        walks = self._walks
        self._last = found = self._relaxed.completions(walks.per_team(prices), self._budget)
        if found is None:
            return False
        most = walks.most(prices)
        above = found.value - most
        if found.walk is not None and self._is_plan(found.walk):
            self._path = TeamPath(found.walk.types, found.walk.cuts)
        if prices.any() and (self._best is None or above > self._best[0]):
            self._best = above, prices, found
            walks.keep(prices)
        self._is_impossible = above > _ABOVE * max(abs(most), 1e-9)
        return self._is_impossible

    def _is_plan(self, walk: TypeWalk) -> bool:
        return bool((self._walks.used(walk) <= 0).all()) and len(walk.types) in self._counts

    def _verdict(self, work: int = 0) -> Verdict:
        return Verdict(self._is_impossible, self._path, work)

    def _excess(self, prices: _Floats, found: Completions) -> _Floats:
        excess = np.append(self._walks.used(found.walk), 0.0)
        excess[:-1][(prices[:-1] <= 0) & (excess[:-1] < 0)] = 0
        n_stages = 0 if found.walk is None else len(found.walk.types)
        if n_stages > self._counts.most or prices[-1] > 0:
            excess[-1] = n_stages - self._counts.most
        elif n_stages < self._counts.least or prices[-1] < 0:
            excess[-1] = n_stages - self._counts.least
        return excess

    def _moved(self, prices: _Floats, step: _Floats) -> _Floats:
        moved = prices + step
        moved[:-1] = np.maximum(moved[:-1], 0.0)
        return self._walks.scaled(moved) if moved[:-1].any() else prices

    def _labelled(self) -> Verdict:
        """Remembers all visits, along the best prices."""
        if self._best is None or not self._walks.is_single or self._budget.spent:
            return self._verdict()
        _, prices, found = self._best
        most = self._walks.most(prices)
        per_type = np.append(prices[:-1][self._walks.kinds], prices[-1])
        priced = PricedRelaxation(found.value - most, most, per_type, found, is_exact=False)
        memory = group_memory(self._relaxed, found.visit_prices).everywhere()
        search = LabelSearch(
            self._relaxed, priced, memory, bounds=self._bounds(),
            ceiling=_ABOVE * max(abs(most), 1e-9),
            effort=SearchEffort(self._effort.width, self._effort.most_work),
        )  # fmt: skip
        result = search.run(self._budget)
        walk = result.walk
        if walk is None:
            self._is_impossible = result.floor == np.inf and not self._budget.spent
        elif self._is_plan(walk):
            self._path = TeamPath(walk.types, walk.cuts)
        return self._verdict(result.work)

    def _bounds(self) -> StageBounds:
        return stage_bounds(self._tables, self._counts, self._budget)


def _open(allowed: _Bools) -> _Floats:
    prices: _Floats = np.where(allowed, 0.0, np.inf)
    return prices
