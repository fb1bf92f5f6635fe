"""Busy times of the first and the last hop, where both may take the same wire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.period.team_tables import Of, TeamTables

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PeriodCase:
    """Loads of the outer hops for some of the plans; infinite for the others."""

    entry_s: _Floats
    """[K]: of the inputs from the source to a first node of each kind."""
    exit_s: _Floats
    """[K]: of the outputs from a last node of each kind to the sink."""


def period_cases(tables: TeamTables) -> tuple[PeriodCase, ...]:
    """Cases that together hold every plan without revisits, each with loads that do not add up.

    A direction of a wire carries one message per request, with one exception: a plan that starts
    on the sink and ends on the source sends inputs and outputs over the wire from source to sink.
    So the plans that start on the sink are a case of their own, in which ending on the source costs
    both loads.
    """
    problem = tables.problem
    entry_s, exit_s = tables.entry(Of.BUSY), tables.exit(Of.BUSY)
    names = [node.name for node in tables.nodes]
    if problem.source == problem.sink:
        return (PeriodCase(entry_s, exit_s),)
    source, sink = names.index(problem.source), names.index(problem.sink)
    elsewhere, there = entry_s.copy(), np.full_like(entry_s, np.inf)
    elsewhere[sink], there[sink] = np.inf, entry_s[sink]
    both = exit_s.copy()
    both[source] += entry_s[sink]
    return PeriodCase(elsewhere, exit_s), PeriodCase(there, both)
