"""The least latency or price of nodes in listed order, with a longest period."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain, ChainSearch, search_chain, search_counts
from planner.solvers.chain_tables import ChainTables
from planner.solvers.labelling.label_numbers import Floats, with_slack
from planner.solvers.period.period_cases import PeriodCase, period_cases
from planner.solvers.period.period_reach import farthest_within
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.stage_counts import stage_counts

Priced = tuple[Plan, Breakdown]


class Capped(NamedTuple):
    """What was found within a period."""

    found: Priced | None
    """The best plan with its price; none if there is none, or none was found in time."""
    is_complete: bool
    """Whether no plan is better."""
    fewest: int
    """No plan has fewer stages, as far as that was looked for."""


class CappedChains:
    """The recurrence of `chain_recurrence` where stages and hops above a period do not exist.

    One stage per node and one message per wire: a plan keeps a period exactly if every stage's
    compute time and every hop's busy time does, which only narrows the windows of the recurrence.
    """

    def __init__(self, problem: Problem, *, latency: float = 0.0, price: float = 0.0) -> None:
        """Takes the weights of latency and price in what is made least."""
        self._problem, self._counts = problem, stage_counts(problem)
        self._tables = TeamTables(problem, tuple((n,) for n in range(len(problem.nodes))))
        self._weights = [(w, of) for w, of in ((latency, Of.LATENCY), (price, Of.PRICE)) if w > 0]
        self._latency, self._price = latency, price
        self._cases = period_cases(self._tables)
        self._evaluator = Evaluator(problem)

    def best(
        self, period_s: float, budget: Budget | None = None, *, fewest: bool = False
    ) -> Capped:
        """The best plan with at most this period.

        Args:
            period_s: the longest that is allowed.
            budget: when to stop; the best plan so far is then found.
            fewest: look for the least number of stages first.
        """
        budget = budget or Budget()
        if self._counts.impossible_reason(self._problem) is not None:
            return Capped(None, is_complete=True, fewest=self._counts.least)
        priced, searches = list[Priced](), list[ChainSearch]()
        for case in self._cases:
            searches.append(
                self._chains(self._capped(case, with_slack(period_s)), budget, fewest=fewest)
            )
            plans = (self._plan(chain) for chain in searches[-1].chains if chain is not None)
            priced += [(plan, self._evaluator.evaluate(plan)) for plan in plans]
        priced = [pair for pair in priced if pair[1].n_nodes in self._counts]
        done = [len(search.chains) for search in searches if not search.is_complete]
        return Capped(
            min(priced, key=lambda pair: self._rank(pair[1], fewest=fewest), default=None),
            is_complete=not done,
            fewest=max(self._counts.least, min(done) + 1 if done and fewest else 1),
        )

    def _rank(self, estimate: Breakdown, *, fewest: bool) -> tuple[float, float, int]:
        value = self._latency * estimate.latency_s + self._price * estimate.price
        return (estimate.n_nodes if fewest else 0.0, value, estimate.n_nodes)

    def _weighted(self, costs: Callable[[Of], Floats]) -> Floats:
        total: Floats = sum((weight * costs(of) for weight, of in self._weights), np.zeros(1))
        return total

    def _capped(self, case: PeriodCase, period_s: float) -> ChainTables:
        tables = self._tables
        prefixes = {Of.LATENCY: tables.compute_s, Of.PRICE: tables.price}
        entry, exit_ = self._weighted(tables.entry), self._weighted(tables.exit)

        def between(source: int, target: int) -> Floats:
            costs = self._weighted(lambda of: tables.hop(of, source, target))
            return np.where(tables.hop(Of.BUSY, source, target) <= period_s, costs, np.inf)

        return ChainTables(
            prefix=self._weighted(prefixes.__getitem__),
            stops=np.array(
                [farthest_within(tables, n, 1, period_s) for n in range(len(tables.nodes))]
            ),
            entry=np.where(case.entry_s <= period_s, entry, np.inf),
            exit=np.where(case.exit_s <= period_s, exit_, np.inf),
            between=between,
        )

    def _chains(self, tables: ChainTables, budget: Budget, *, fewest: bool) -> ChainSearch:
        """The best chain, or the best of each number of stages where it matters."""
        counts = self._counts
        if fewest:
            return search_counts(tables, counts.most, budget, enough=counts.least)
        if counts.is_unlimited(self._problem):
            return search_chain(tables, budget)
        free = search_chain(tables, budget)
        is_answer = free.chains[0] is None or len(free.chains[0].nodes) in counts
        if is_answer or not free.is_complete:
            return free
        return search_counts(tables, counts.most, budget)

    def _plan(self, chain: Chain) -> Plan:
        names = tuple(self._problem.nodes[n].name for n in chain.nodes)
        return self._problem.plan(chain.cuts, names)
