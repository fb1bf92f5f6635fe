"""A lower bound on any objective that takes no search at all."""

from __future__ import annotations

import numpy as np

from planner.objectives import Objective, ObjectiveKind
from planner.solvers.additive_floor import additive_floor
from planner.solvers.period.team_tables import Of, TeamTables

_SLACK = 1e-12


def value_floor(tables: TeamTables, objective: Objective) -> float:
    """No plan of any class has a smaller value: every block at its best node, all hops inside free.

    Only the first and the last hop are counted, each at its least; the period is bounded by
    `period_bound`, the makespan by the sum of both. Nothing is known where stages were measured.
    """
    if objective.kind is ObjectiveKind.MEAN_VARIANCE:
        return additive_floor(tables.problem, objective)
    latency_s = _additive(tables, Of.LATENCY)
    if objective.kind is ObjectiveKind.LATENCY:
        return latency_s
    if objective.kind is ObjectiveKind.PRICE:
        return _additive(tables, Of.PRICE)
    if objective.kind is ObjectiveKind.THROUGHPUT:
        return tables.least_period_s
    if objective.kind is ObjectiveKind.NODES:
        return 1.0
    return latency_s + ((objective.micro_batches or 1) - 1) * tables.least_period_s


def _additive(tables: TeamTables, of: Of) -> float:
    if tables.is_measured:
        return 0.0
    prefix = tables.compute_s if of is Of.LATENCY else tables.price
    blocks = np.diff(prefix, axis=1).min(axis=0).sum()
    total = blocks + tables.entry(of).min() + tables.exit(of).min()
    # Differences of prefix sums are off by their rounding.
    return float(max(total - _SLACK * prefix.max(), 0.0)) if np.isfinite(total) else np.inf
