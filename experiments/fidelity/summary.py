"""What the rows of the grid say: errors over all cells, by kind of cell and by term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from experiments.again import sum_up_again
from experiments.fidelity.cells import OK, CellRow
from experiments.rows import rows_of
from experiments.visits import KILLED
from planner.files import write_record
from profiler.record import Record

LINK_DOMINATED = 0.5
"""Cells with a greater share of transfers in the predicted latency."""
WITHIN = 0.10
"""|predicted / measured - 1| that is wanted of 95 % of the visits."""
_NOISE_FACTOR = 1.5


class Errors(Record):
    """|predicted / measured - 1| over a group of visits."""

    n: int
    median: float
    p95: float
    worst: float
    signed: float
    """Median of predicted / measured - 1."""
    within: float
    """Share within 10 %, or 1.5 times the noise floor if that is more."""


class TermErrors(Record):
    """One term's part of the end-to-end error: (predicted - measured) / measured latency."""

    median: float
    p95: float
    signed: float


class Noise(Record):
    """A against A: the same plan of the same profile twice, |second / first - 1|."""

    n: int
    median: float
    p95: float


class Summary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    cells: int
    killed: int
    """Visits whose plan was said to fit, and whose workers the kernel killed for their memory."""
    failed: int
    """For another reason."""
    noise: Noise | None
    noise_by_backend: dict[str, Noise]
    all: Errors
    link_dominated: Errors | None
    by_group: dict[str, Errors]
    """By backend, cluster, link, plan and model."""
    terms: dict[str, TermErrors]


def summarise(rows: Sequence[CellRow]) -> Summary:
    """The summary of a run.

    Raises:
        SystemExit: nothing was measured.
    """
    done = [row for row in rows if row.result == OK]
    if not done:
        raise SystemExit("no cell was measured: see the result column of the rows")
    killed = sum(row.result.startswith(KILLED) for row in rows)
    floor = _noise(done)
    linked = [row for row in done if row.predicted.transfer_share > LINK_DOMINATED]
    by_backend = {b: _noise([r for r in done if r.backend == b]) for b in _values(done, "backend")}
    return Summary(
        cells=len(done),
        killed=killed,
        failed=len(rows) - len(done) - killed,
        noise=floor,
        noise_by_backend={name: noise for name, noise in by_backend.items() if noise is not None},
        all=_errors(done, floor),
        link_dominated=_errors(linked, floor) if linked else None,
        by_group={
            f"{column} {value}": _errors([r for r in done if getattr(r, column) == value], floor)
            for column in ("backend", "cluster", "link", "plan", "model")
            for value in _values(done, column)
        },
        terms={name: _term(done, term) for name, term in TERMS.items()},
    )


TERMS: dict[str, Callable[[CellRow], float]] = {
    "compute": lambda row: row.predicted.compute_s - row.measured.compute_s,
    "transfer": lambda row: row.predicted.transfer_s - row.measured.transfer_s,
    "rest": lambda row: -row.measured.rest_s,
}
"""Seconds by which each term is predicted too long."""


def _errors(rows: Sequence[CellRow], noise: Noise | None) -> Errors:
    signed = np.array([row.error for row in rows])
    sizes = np.abs(signed)
    limit = max(WITHIN, _NOISE_FACTOR * noise.median if noise else 0.0)
    return Errors(
        n=len(rows),
        median=float(np.median(sizes)),
        p95=float(np.percentile(sizes, 95)),
        worst=float(sizes.max()),
        signed=float(np.median(signed)),
        within=float((sizes <= limit).mean()),
    )


def _term(rows: Sequence[CellRow], term: Callable[[CellRow], float]) -> TermErrors:
    parts = np.array([term(row) / row.measured.latency_s for row in rows])
    return TermErrors(
        median=float(np.median(np.abs(parts))),
        p95=float(np.percentile(np.abs(parts), 95)),
        signed=float(np.median(parts)),
    )


def _noise(rows: Sequence[CellRow]) -> Noise | None:
    visits: defaultdict[tuple[object, ...], dict[int, float]] = defaultdict(dict)
    for row in rows:
        cell = (row.model, row.backend, row.cluster, row.link, row.plan)
        # A run that was taken up again has profiled again, and may have planned otherwise.
        visits[*cell, row.cuts, row.nodes, row.predicted_s][row.visit] = row.measured.latency_s
    found = [abs(seen[1] / seen[0] - 1) for seen in visits.values() if len(seen) > 1]
    if not found:
        return None
    p95 = float(np.percentile(found, 95))
    return Noise(n=len(found), median=float(np.median(found)), p95=p95)


def _values(rows: Sequence[CellRow], column: str) -> list[str]:
    return list(dict.fromkeys(getattr(row, column) for row in rows))


def write(summary: Summary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints it."""
    write_record(folder / "summary.json", summary)
    noise = summary.noise
    print(f"{summary.cells} visits of cells measured, {summary.killed} killed for their memory, "
          f"{summary.failed} failed; A against A: "
          + ("not measured" if noise is None
             else f"median {noise.median:.1%}, p95 {noise.p95:.1%}, n {noise.n}"))  # fmt: skip
    groups = {"all": summary.all, "link-dominated": summary.link_dominated, **summary.by_group}
    for name, errors in groups.items():
        if errors is not None:
            print(f"  {name}: median |error| {errors.median:.1%}, p95 {errors.p95:.1%}, worst "
                  f"{errors.worst:.1%}, signed {errors.signed:+.1%}, within the limit "
                  f"{errors.within:.1%} of {errors.n}")  # fmt: skip
    for name, term in summary.terms.items():
        print(f"  {name}: median {term.median:.1%} of the latency, p95 {term.p95:.1%}, signed "
              f"{term.signed:+.1%}")  # fmt: skip


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder again."""
    write(summarise(rows_of(folder, CellRow)), folder)


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
