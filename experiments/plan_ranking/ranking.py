"""How well predictions rank what was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from experiments.contest import OK, OURS, ContestRow
from experiments.rows import refuse_none
from experiments.standings import refuse_several_profiles
from experiments.visits import KILLED
from planner.files import write_record
from profiler.record import Record


class Ranking(Record):
    """How predictions rank all plans of a case over one link setting."""

    plans: int
    tau: float | None
    """Kendall's τ-b of predicted against measured latency, the mean of its visits; none if there
    is nothing to rank."""
    tau_of_visits: float | None
    """The same of the first visit against the second: what noise allows."""
    noise: float | None
    """Median |second / first - 1| over plans."""
    chosen_over_best: float | None
    """Measured latency of the chosen plan over that of the best measured one, less one; none if
    the chosen plan was not measured."""
    median_error: float
    """Median |predicted / measured - 1|."""


class RankingSummary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    killed: int
    """Visits whose plan was said to fit, and whose workers the kernel killed for their memory."""
    failed: int
    """For another reason."""
    rankings: dict[str, Ranking]
    """By case and link setting."""


def summarise(rows: Sequence[ContestRow]) -> RankingSummary:
    """The summary of a run.

    Raises:
        SystemExit: there are no rows, or rows of several profiles.
    """
    refuse_none(rows)
    refuse_several_profiles(rows)
    groups: defaultdict[str, list[ContestRow]] = defaultdict(list)
    for row in rows:
        groups[f"{row.case}, {row.link}"].append(row)
    done = {name: [row for row in group if row.result == OK] for name, group in groups.items()}
    killed = sum(row.result.startswith(KILLED) for row in rows)
    return RankingSummary(
        killed=killed,
        failed=sum(row.result != OK for row in rows) - killed,
        rankings={name: _ranking(group) for name, group in done.items() if group},
    )


def _ranking(rows: Sequence[ContestRow]) -> Ranking:
    plans: defaultdict[tuple[str, str], list[ContestRow]] = defaultdict(list)
    for row in rows:
        plans[row.cuts, row.nodes].append(row)
    predicted = np.array([visits[0].predicted_s for visits in plans.values()])
    visited = [[row.measured_s for row in visits if row.measured_s] for visits in plans.values()]
    measured = np.array([np.mean(seconds) for seconds in visited])
    chosen = [any(OURS in row.names for row in visits) for visits in plans.values()]
    twice = np.array([seconds[:2] for seconds in visited if len(seconds) > 1]).T
    return Ranking(
        plans=len(plans),
        tau=_tau(predicted, measured),
        tau_of_visits=_tau(*twice) if twice.size else None,
        noise=float(np.median(np.abs(twice[1] / twice[0] - 1))) if twice.size else None,
        chosen_over_best=(
            float(measured[chosen].min() / measured.min() - 1) if any(chosen) else None
        ),
        median_error=float(np.median(np.abs(predicted / measured - 1))),
    )


def _tau(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Kendall's τ-b. Source: Kendall, "Rank Correlation Methods", 1948, as scipy computes it."""
    tied = min(len(set(first)), len(set(second))) < 2
    return None if tied else float(kendalltau(first, second).statistic)


def write(summary: RankingSummary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints it."""
    write_record(folder / "summary.json", summary)
    print(f"{summary.killed} visits killed for their memory, {summary.failed} failed")
    for name, found in summary.rankings.items():
        print(
            f"  {name}: {found.plans} plans, Kendall τ {_said(found.tau, '.3f')} (visits among "
            f"themselves {_said(found.tau_of_visits, '.3f')}, noise {_said(found.noise, '.1%')}), "
            f"chosen over best {_said(found.chosen_over_best, '+.1%')}, median |error| "
            f"{found.median_error:.1%}"
        )


def _said(value: float | None, form: str) -> str:
    return "not known" if value is None else format(value, form)
