"""Rows of the ranking, and how well predictions rank what was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from experiments.plan_ranking.every_plan import RankedVisit
from experiments.terms import terms_of
from planner.engines.interface import RunResult
from planner.errors import PlannerError
from planner.files import write_record
from profiler.record import Record

OK = "ok"
KEY = ("case", "link", "cuts", "nodes", "visit")


class PlanRow(Record):
    """One measurement of one plan."""

    case: str
    link: str
    cuts: str
    nodes: str
    visit: int
    chosen: bool
    """Whether the solver chose this plan for these links."""
    result: str
    """ok, or why there is no measurement."""
    predicted_s: float
    measured_s: float | None = None
    p10_s: float | None = None
    p90_s: float | None = None
    requests: int | None = None


def row_of(case: str, visit: RankedVisit, number: int, found: RunResult | PlannerError) -> PlanRow:
    """The row of a visit, of a measurement or of the failure that came instead."""
    if visit.document.estimate is None:
        raise ValueError("a plan without a prediction")
    measured: dict[str, float | int] = {}
    if isinstance(found, RunResult) and found.measurement.requests is not None:
        spread = found.measurement.requests
        measured = {
            "measured_s": terms_of(found.measurement).latency_s,
            "p10_s": spread.p10_s,
            "p90_s": spread.p90_s,
            "requests": spread.n,
        }
    cuts, nodes = visit.stages
    return PlanRow(
        case=case,
        link=visit.link,
        cuts=" ".join(map(str, cuts)) or "none",
        nodes=" ".join(nodes),
        visit=number,
        chosen=visit.chosen,
        result=OK if measured else f"{type(found).__name__}: {found}",
        predicted_s=visit.document.estimate.latency_s,
        **measured,
    )


class Ranking(Record):
    """How predictions rank all plans of a case over one link setting."""

    plans: int
    tau: float
    """Kendall's τ-b of predicted against measured latency, the mean of its visits."""
    tau_of_visits: float | None
    """The same of the first visit against the second: what noise allows."""
    noise: float | None
    """Median |second / first - 1| over plans."""
    chosen_over_best: float
    """Measured latency of the chosen plan over that of the best measured one, less one."""
    median_error: float
    """Median |predicted / measured - 1|."""


class RankingSummary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    failed: int
    rankings: dict[str, Ranking]
    """By case and link setting."""


def summarise(rows: Sequence[PlanRow]) -> RankingSummary:
    """The summary of a run."""
    groups: defaultdict[str, list[PlanRow]] = defaultdict(list)
    for row in rows:
        if row.result == OK:
            groups[f"{row.case}, {row.link}"].append(row)
    return RankingSummary(
        failed=sum(row.result != OK for row in rows),
        rankings={name: _ranking(group) for name, group in groups.items()},
    )


def _ranking(rows: Sequence[PlanRow]) -> Ranking:
    plans: defaultdict[tuple[str, str], list[PlanRow]] = defaultdict(list)
    for row in rows:
        plans[row.cuts, row.nodes].append(row)
    predicted = np.array([visits[0].predicted_s for visits in plans.values()])
    visited = [[row.measured_s for row in visits if row.measured_s] for visits in plans.values()]
    measured = np.array([np.mean(seconds) for seconds in visited])
    chosen = [any(row.chosen for row in visits) for visits in plans.values()]
    twice = np.array([seconds[:2] for seconds in visited if len(seconds) > 1]).T
    return Ranking(
        plans=len(plans),
        tau=_tau(predicted, measured),
        tau_of_visits=_tau(*twice) if twice.size else None,
        noise=float(np.median(np.abs(twice[1] / twice[0] - 1))) if twice.size else None,
        chosen_over_best=float(measured[chosen].min() / measured.min() - 1),
        median_error=float(np.median(np.abs(predicted / measured - 1))),
    )


def _tau(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's τ-b. Source: Kendall, "Rank Correlation Methods", 1948, as scipy computes it."""
    return float(kendalltau(first, second).statistic)


def write(summary: RankingSummary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints it."""
    write_record(folder / "summary.json", summary)
    for name, found in summary.rankings.items():
        again = "not measured twice"
        if found.tau_of_visits is not None:
            again = f"visits among themselves {found.tau_of_visits:.3f}, noise {found.noise:.1%}"
        print(
            f"  {name}: {found.plans} plans, Kendall τ {found.tau:.3f} ({again}), chosen over best "
            f"{found.chosen_over_best:+.1%}, median |error| {found.median_error:.1%}"
        )
