"""Sweeps as CSV: what is varied, then the best plan, with units in the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from planner.bandwidth_sweep import BandwidthSweep
from planner.level_sweep import LevelRow
from planner.memory_sweep import MemoryRow
from planner.plan_row import PlanRow, plan_words
from planner.solution import Status
from planner.sweep import SweepRow

_PLAN = (
    "feasible", "proved", "latency (s)", "peak memory of a node (bytes)", "moved (bytes)", "nodes",
    "cuts (block boundaries)", "objective", "value", "reason",
)  # fmt: skip
_FEASIBLE = {
    Status.OPTIMAL: "yes",
    Status.FEASIBLE: "yes",
    Status.INFEASIBLE: "no",
    Status.UNKNOWN: "unknown",
}


def parts_csv(rows: Sequence[SweepRow]) -> str:
    """A row per number of parts."""
    return _text(rows, {"parts": [row.parts for row in rows]})


def levels_csv(rows: Sequence[LevelRow]) -> str:
    """A row per granularity level; boundaries count the blocks of that level."""
    return _text(
        rows, {"level": [row.level for row in rows], "blocks": [row.n_blocks for row in rows]}
    )


def bandwidths_csv(sweep: BandwidthSweep) -> str:
    """A row per bandwidth, which ends with the latency of each plan that is kept at all of them."""
    kept = {
        f"latency if kept: {plan_words(plan.nodes, plan.cuts)} (s)": plan.latency_s
        for plan in sweep.plans
    }
    return _text(sweep.rows, {"bandwidth (bytes/s)": sweep.bandwidths_bytes_per_s}, kept)


def caps_csv(rows: Sequence[MemoryRow]) -> str:
    """A row per memory cap."""
    return _text(rows, {"memory cap (bytes)": [row.cap_bytes for row in rows]})


def _text(
    rows: Sequence[PlanRow],
    before: Mapping[str, Sequence[object]],
    after: Mapping[str, Sequence[object]] | None = None,
) -> str:
    """Columns beside the plans': lists joined by `;`, and a reason where no plan or no proof is."""
    after = after or {}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*before, *_PLAN, *after))
    for index, row in enumerate(rows):
        first, last = ([column[index] for column in side.values()] for side in (before, after))
        writer.writerow((*first, *_plan_cells(row), *last))
    return text.getvalue()


def _plan_cells(row: PlanRow) -> tuple[object, ...]:
    return (
        _FEASIBLE[row.status],
        "yes" if row.is_proved else "no",
        row.latency_s,
        row.peak_bytes,
        row.moved_bytes,
        ";".join(row.nodes),
        ";".join(map(str, row.cuts)),
        row.objective,
        row.value,
        row.reason,
    )
