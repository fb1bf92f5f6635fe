"""Measures: the vectors that label partial plans, and what a label is worth.

A label is a vector of numbers, to which stages and messages add, or which they raise. All arrays
over numbers have them as the last axis, k.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from planner.objectives import Objective, ObjectiveKind
from planner.solvers.labelling.label_numbers import (
    Floats,
    Ints,
    Number,
    additive,
    busiest,
    node_count,
    weighed,
    with_slack,
)
from planner.solvers.labelling.revisit_numbers import loads, memory, visits
from planner.solvers.period.least_period import ANY_PERIOD_S
from planner.solvers.period.period_cases import PeriodCase, period_cases
from planner.solvers.period.period_reach import PeriodReach
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.period.teams import Usage


def needed_kinds(objectives: Collection[Objective]) -> set[ObjectiveKind]:
    """The measures that the objectives are made of, and what decides between equal ones."""
    kinds = {objective.kind for objective in objectives}
    if ObjectiveKind.MAKESPAN in kinds:
        kinds |= {ObjectiveKind.LATENCY, ObjectiveKind.THROUGHPUT}
    if kinds == {ObjectiveKind.NODES}:
        kinds.add(ObjectiveKind.LATENCY)
    return kinds - {ObjectiveKind.MAKESPAN}


def measure_cases(
    tables: TeamTables,
    usage: Usage,
    objectives: Collection[Objective],
    *,
    with_memory: bool = True,
) -> list[Measures]:
    """Measures for cases that together hold every plan of the class; see `period_cases`.

    Args:
        tables: prices.
        usage: the class.
        objectives: what is measured, beside what has a limit; at most one weighs mean and variance.
        with_memory: with revisits, whether the memory of a node's stages adds up.
    """
    kinds = needed_kinds(objectives)
    limits = tables.problem.limits
    whole = PeriodCase(tables.entry(Of.BUSY), tables.exit(Of.BUSY))
    counts_period = ObjectiveKind.THROUGHPUT in kinds or limits.max_period_s is not None
    cases = period_cases(tables) if counts_period and not limits.revisits else (whole,)
    numbers = [
        _numbers(tables, usage, case, objectives) + _memory(tables, with_memory=with_memory)
        for case in cases
    ]
    return [Measures(tables, usage, *pair) for pair in zip(cases, numbers, strict=True)]


class Measures:
    """The numbers that a search needs for some objectives and for the problem's limits.

    Attributes:
        stops: [T, B], for each start the farthest stop that fits memory and the longest period.
        entry: [T, k], of the inputs.
        exit: [T, k], of the outputs.
        limits: [k].
    """

    def __init__(
        self, tables: TeamTables, usage: Usage, case: PeriodCase, numbers: list[Number]
    ) -> None:
        limits = tables.problem.limits
        self.usage, self._tables = usage, tables
        self._numbers = numbers
        self._is_max = np.array([number.is_max for number in self._numbers])
        self._columns = {
            kind: [c for c, number in enumerate(self._numbers) if number.kind is kind]
            for kind in ObjectiveKind
        }
        self._reach = PeriodReach(tables, usage, case)
        capped = limits.max_period_s is not None
        self._longest_s = with_slack(limits.max_period_s) if capped else ANY_PERIOD_S
        self.stops: Ints = self._reach.stops(self._longest_s)
        self.limits: Floats = np.array([number.limit for number in self._numbers])
        self.entry = self._outer([n.entry for n in self._numbers], enters=True)
        self.exit = self._outer([n.exit for n in self._numbers], enters=False)

    def _outer(self, costs: list[Floats], *, enters: bool) -> Floats:
        reach = self._reach.can_enter if enters else self._reach.can_exit
        allowed = reach(self._longest_s)[:, np.newaxis]
        return np.where(allowed, np.array(costs).T, np.inf)

    def stage(self, team: int, starts: Ints, stops: Ints) -> Floats:
        """Of stages on the team, [F, k]."""
        return np.stack([number.stage(team, starts, stops) for number in self._numbers], axis=-1)

    def hop(self, team: int) -> Floats:
        """Of a message from the team to each other one at each boundary, [T, B + 1, k]."""
        others = range(len(self.usage.teams))
        costs = np.array([[n.hop(team, other) for other in others] for n in self._numbers])
        allowed = self._reach.can_send(team, self._longest_s)
        return np.where(allowed[..., np.newaxis], np.moveaxis(costs, 0, -1), np.inf)

    def plus(self, labels: Floats, costs: Floats) -> Floats:
        """Labels with more costs."""
        if not self._is_max.any():
            return labels + costs
        return np.where(self._is_max, np.maximum(labels, costs), labels + costs)

    def is_within(self, labels: Floats) -> NDArray[np.bool_]:
        """Which labels are finite and break no limit, [F]."""
        holds = np.isfinite(labels) & (labels <= self.limits)
        within: NDArray[np.bool_] = np.logical_and.reduce(holds, axis=-1)
        return within

    def value(self, objective: Objective, labels: Floats) -> Floats:
        """What each label is worth, [F]; less is better."""
        if objective.kind is ObjectiveKind.MAKESPAN:
            rest = (objective.micro_batches or 1) - 1
            period_s = self._value(ObjectiveKind.THROUGHPUT, labels)
            return self._value(ObjectiveKind.LATENCY, labels) + rest * period_s
        return self._value(objective.kind, labels)

    def latency_s(self, labels: Floats) -> Floats | None:
        """Of each label, [F]; none if it is not measured."""
        if not self._columns[ObjectiveKind.LATENCY]:
            return None
        return self._value(ObjectiveKind.LATENCY, labels)

    def _value(self, kind: ObjectiveKind, labels: Floats) -> Floats:
        """The sum over a measure's numbers; for the period the largest load, or its bound."""
        of_kind = labels[:, self._columns[kind]]
        values: Floats
        if kind is ObjectiveKind.THROUGHPUT:
            values = np.maximum(of_kind.max(axis=1), self._tables.least_period_s)
        else:
            values = of_kind.sum(axis=1)
        return values


def _numbers(
    tables: TeamTables, usage: Usage, case: PeriodCase, objectives: Collection[Objective]
) -> list[Number]:
    limits, kinds = tables.problem.limits, needed_kinds(objectives)
    numbers = [weighed(tables, usage, o) for o in objectives if o.mean_weight is not None]
    if ObjectiveKind.LATENCY in kinds or limits.max_latency_s is not None:
        numbers.append(additive(tables, usage, ObjectiveKind.LATENCY, limits.max_latency_s))
    if ObjectiveKind.PRICE in kinds or limits.max_price is not None:
        numbers.append(additive(tables, usage, ObjectiveKind.PRICE, limits.max_price))
    if ObjectiveKind.NODES in kinds:
        numbers += visits(tables) if limits.revisits else [node_count(tables, usage)]
    if limits.revisits:
        if ObjectiveKind.THROUGHPUT in kinds or limits.max_period_s is not None:
            numbers += loads(tables, limits.max_period_s)
    elif ObjectiveKind.THROUGHPUT in kinds or (
        tables.is_measured and limits.max_period_s is not None
    ):
        numbers.append(busiest(tables, usage, case, limits.max_period_s))
    return numbers


def _memory(tables: TeamTables, *, with_memory: bool) -> list[Number]:
    return memory(tables) if with_memory and tables.problem.limits.revisits else []
