"""The numbers of a label: what stages and messages add to each, or raise it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import inf, lcm

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.objectives import Objective, ObjectiveKind
from planner.solvers.period.period_cases import PeriodCase
from planner.solvers.period.team_tables import Of, TeamTables
from planner.solvers.period.teams import Usage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SLACK = 1e-12
"""Of limits, relative: sums in another order than the evaluator's."""
StageCost = Callable[[int, Ints, Ints], Floats]
HopCost = Callable[[int, int], Floats]


@dataclass(frozen=True)
class Number:
    """One number of a label."""

    kind: ObjectiveKind | None
    """What it is a part of; none if it only has a limit."""
    stage: StageCost
    """Of stages [start, stop) on a team, elementwise."""
    hop: HopCost
    """Of a message between two teams at each boundary, [B + 1]."""
    entry: Floats
    """[T]"""
    exit: Floats
    """[T]"""
    limit: float = inf
    is_max: bool = False
    """Whether costs raise the number instead of adding to it."""


def with_slack(limit: float | None) -> float:
    """A limit that no sum misses by rounding; infinite if there is none."""
    return inf if limit is None else limit * (1 + _SLACK)


def additive(tables: TeamTables, usage: Usage, kind: ObjectiveKind, limit: float | None) -> Number:
    """Latency or price."""
    is_latency = kind is ObjectiveKind.LATENCY
    of = Of.LATENCY if is_latency else Of.PRICE
    kinds = [team.kind for team in usage.teams]
    per_s = [1.0 if is_latency else node.price_per_s for node in tables.nodes]

    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return tables.stage_s(kinds[team], starts, stops) * per_s[kinds[team]]

    def hop(team: int, other: int) -> Floats:
        costs: Floats = tables.hop(of, kinds[team], kinds[other])
        return costs

    entry, exit_ = tables.entry(of)[kinds], tables.exit(of)[kinds]
    return Number(kind, stage, hop, entry, exit_, with_slack(limit))


def weighed(tables: TeamTables, usage: Usage, objective: Objective) -> Number:
    """Mean and variance, as the objective weighs them."""
    prices = AdditivePrices(tables.problem, objective)
    names = [[tables.problem.nodes[n].name for n in group] for group in tables.groups]
    kinds = [team.kind for team in usage.teams]
    n_bytes = np.array(tables.problem.cut_bytes, dtype=np.int64)

    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return prices.stages(tables.nodes[kinds[team]], starts, stops)

    @cache
    def between(kind: int, other: int) -> Floats:
        # Within a kind a message goes to another node, or to nobody if there is none.
        others = names[other][1:2] if kind == other else []
        return prices.between(names[kind][0], (others or names[other])[0], n_bytes)

    def hop(team: int, other: int) -> Floats:
        return between(kinds[team], kinds[other])

    entry = np.array([prices.entry(of[0]) for of in names])
    exit_ = np.array([prices.exit(of[0]) for of in names])
    return Number(objective.kind, stage, hop, entry[kinds], exit_[kinds])


def busiest(tables: TeamTables, usage: Usage, case: PeriodCase, limit: float | None) -> Number:
    """The period without revisits: no load adds up to another one."""
    teams = usage.teams
    kinds = [team.kind for team in teams]
    sizes = np.array([team.size for team in teams])

    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return tables.stage_s(kinds[team], starts, stops) / teams[team].size

    def hop(team: int, other: int) -> Floats:
        a, b = teams[team], teams[other]
        costs: Floats = tables.hop(Of.BUSY, a.kind, b.kind) / lcm(a.size, b.size)
        return costs

    return Number(
        ObjectiveKind.THROUGHPUT,
        stage,
        hop,
        # All labels begin at the bound that holds for all plans: what is below it is no gain.
        entry=np.maximum(case.entry_s[kinds] / sizes, tables.least_period_s),
        exit=case.exit_s[kinds] / sizes,
        limit=with_slack(limit),
        is_max=True,
    )


def node_count(tables: TeamTables, usage: Usage) -> Number:
    """Nodes without revisits."""
    sizes = np.array([float(team.size) for team in usage.teams])
    no_hop, nothing = np.zeros(tables.problem.n_blocks + 1), np.zeros(len(sizes))

    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return np.full(np.broadcast(starts, stops).shape, sizes[team])

    return Number(ObjectiveKind.NODES, stage, lambda team, other: no_hop, nothing, nothing)
