"""The least latency or price of nodes in listed order, with a longest period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain, best_chain, best_chain_per_count
from planner.solvers.chain_tables import ChainTables, chain_tables
from planner.solvers.label_numbers import Floats, with_slack
from planner.solvers.period_cases import PeriodCase, period_cases
from planner.solvers.period_reach import farthest_within
from planner.solvers.stage_counts import stage_counts
from planner.solvers.team_tables import Of, TeamTables


class CappedChains:
    """The recurrence of `chain_recurrence` where stages and hops above a period do not exist.

    One stage per node and one message per wire: a plan keeps a period exactly if every stage's
    compute time and every hop's busy time does, which only narrows the windows of the recurrence.
    """

    def __init__(self, problem: Problem, objective: Objective) -> None:
        self._problem, self._objective = problem, objective
        self._counts = stage_counts(problem)
        self._fewest = objective.kind is ObjectiveKind.NODES
        self._of = Of.PRICE if objective.kind is ObjectiveKind.PRICE else Of.LATENCY
        self._chains = chain_tables(problem, LATENCY if self._fewest else objective)
        self._tables = TeamTables(problem, tuple((n,) for n in range(len(problem.nodes))))
        self._cases = period_cases(self._tables)
        self._evaluator = Evaluator(problem)

    def best(self, period_s: float) -> tuple[Plan, Breakdown] | None:
        """The best plan with at most this period, with its price; none if there is none."""
        found = [
            (plan, self._evaluator.evaluate(plan))
            for case in self._cases
            for plan in self._plans(self._capped(case, with_slack(period_s)))
        ]
        rank = self._objective.value
        return min(found, key=lambda pair: (rank(pair[1]), pair[1].latency_s), default=None)

    def _capped(self, case: PeriodCase, period_s: float) -> ChainTables:
        chains, tables = self._chains, self._tables

        def between(source: int, target: int) -> Floats:
            busy_s = tables.hops(Of.BUSY, source)[target]
            return np.where(busy_s <= period_s, tables.hops(self._of, source)[target], np.inf)

        return replace(
            chains,
            stops=np.array(
                [farthest_within(tables, n, 1, period_s) for n in range(len(chains.stops))]
            ),
            entry=np.where(case.entry_s <= period_s, chains.entry, np.inf),
            exit=np.where(case.exit_s <= period_s, chains.exit, np.inf),
            between=between,
        )

    def _plans(self, tables: ChainTables) -> list[Plan]:
        """The best plan, or the best of each number of stages where it matters."""
        counts = self._counts
        if counts.impossible_reason(self._problem) is not None:
            return []
        if counts.is_unlimited(self._problem) and not self._fewest:
            chains = [best_chain(tables)]
        else:
            chains = best_chain_per_count(tables, counts.most)[counts.least - 1 :]
        return [self._plan(chain) for chain in chains if chain is not None]

    def _plan(self, chain: Chain) -> Plan:
        names = tuple(self._problem.nodes[n].name for n in chain.nodes)
        return self._problem.plan(chain.cuts, names)
