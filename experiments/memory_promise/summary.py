"""What the capped runs say: kills where none may be, kills where they should be, over-estimates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.again import sum_up_again
from experiments.memory_promise.capped_runs import CappedRun, Limit
from experiments.rows import refuse_none, rows_of
from planner.files import write_record
from profiler.record import Record

WANTED_RUNS = 200
"""Of plans that are said to fit, so that none being killed says something."""


class Outcomes(Record):
    """How the runs of one kind ended."""

    runs: int
    killed: int
    failed: int
    """For another reason than memory."""


class OverEstimate(Record):
    """Predicted over measured peak, less one, of stages that ran under limits they fit."""

    stages: int
    median: float
    p90: float
    worst: float
    least: float
    below_measured: int
    """Stages whose prediction was less than was measured."""


class Summary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    promised: Outcomes
    """Under the declared cap or the exact prediction: none may be killed."""
    below: Outcomes
    """With 85 % of what the largest stage is predicted to need: most should be killed."""
    enforced: bool
    """Whether the kernel held the limits in all runs."""
    over_estimate: dict[str, OverEstimate]
    """Per backend."""
    by_limit: dict[str, Outcomes]
    """Per backend and limit."""


def summarise(rows: Sequence[CappedRun]) -> Summary:
    """The summary of a run.

    Raises:
        SystemExit: nothing was run.
    """
    refuse_none(rows)
    promised = [row for row in rows if row.limit is not Limit.BELOW]
    backends = list(dict.fromkeys(row.backend for row in rows))
    over = {b: [x for r in promised if r.backend == b for x in r.over_estimates] for b in backends}
    return Summary(
        promised=_outcomes(promised),
        below=_outcomes([row for row in rows if row.limit is Limit.BELOW]),
        enforced=all(row.enforced for row in rows),
        over_estimate={b: _over_estimate(shares) for b, shares in over.items() if shares},
        by_limit={
            f"{b} {limit}": _outcomes([r for r in rows if (r.backend, r.limit) == (b, limit)])
            for b in backends
            for limit in Limit
        },
    )


def _outcomes(rows: Sequence[CappedRun]) -> Outcomes:
    return Outcomes(
        runs=len(rows),
        killed=sum(row.result == "killed" for row in rows),
        failed=sum(row.result not in ("ok", "killed") for row in rows),
    )


def _over_estimate(shares: Sequence[float]) -> OverEstimate:
    return OverEstimate(
        stages=len(shares),
        median=float(np.median(shares)),
        p90=float(np.percentile(shares, 90)),
        worst=max(shares),
        least=min(shares),
        below_measured=sum(share < 0 for share in shares),
    )


def write(summary: Summary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints it."""
    write_record(folder / "summary.json", summary)
    if not summary.enforced:
        print("limits were not enforced: nothing could be killed")
    print(f"{summary.promised.runs} of at least {WANTED_RUNS} wanted runs of plans said to fit")
    groups = {"promised": summary.promised, "85 % of the need": summary.below, **summary.by_limit}
    for name, found in groups.items():
        print(f"  {name}: {found.runs} runs, {found.killed} killed, {found.failed} failed")
    for name, over in summary.over_estimate.items():
        print(f"  {name}: predicted over measured peak, median {over.median:+.1%}, p90 "
              f"{over.p90:+.1%}, worst {over.worst:+.1%}, least {over.least:+.1%}; "
              f"{over.below_measured} of {over.stages} stages below measured")  # fmt: skip


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder again."""
    write(summarise(rows_of(folder, CappedRun)), folder)


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
