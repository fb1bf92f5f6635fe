"""What the rows say: the price of more parts and of coarser levels, and how far it was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.again import sum_up_again
from experiments.granularity.findings import LevelCost, MeasuredPlans, PartsCost, Summary
from experiments.granularity.granularity_row import GranularityRow, Sweep
from experiments.granularity.tables import tables
from experiments.rows import refuse_none, rows_of
from experiments.visits import KILLED
from planner.files import write_record


def summarise(rows: Sequence[GranularityRow]) -> Summary:
    """The summary of a run.

    Raises:
        SystemExit: there are no rows.
    """
    refuse_none(rows)
    groups: defaultdict[tuple[str, str], list[GranularityRow]] = defaultdict(list)
    for row in rows:
        groups[row.model, row.link].append(row)
    parts: defaultdict[str, dict[str, PartsCost]] = defaultdict(dict)
    levels: defaultdict[str, dict[str, dict[str, LevelCost]]] = defaultdict(dict)
    for (model, link), group in groups.items():
        if by_parts := _of(group, Sweep.PARTS):
            parts[model][link] = _parts_cost(by_parts, _of(group, Sweep.HAND))
        if by_level := _of(group, Sweep.LEVEL):
            levels[model][link] = _level_costs(by_level)
    return Summary(
        unproved=sum(row.proved is False for row in rows),
        parts=parts,
        levels=levels,
        measured=_measured(rows, list(groups.values())),
    )


def _of(rows: Sequence[GranularityRow], sweep: Sweep) -> list[GranularityRow]:
    return [row for row in rows if row.sweep is sweep]


def best_of(rows: Sequence[GranularityRow]) -> GranularityRow | None:
    """The row of least predicted latency; among equals the one with the fewest parts."""
    found = [row for row in rows if row.predicted_s is not None]
    return min(found, key=lambda row: (row.predicted_s or 0.0, row.parts or 0), default=None)


def _parts_cost(rows: Sequence[GranularityRow], by_hand: Sequence[GranularityRow]) -> PartsCost:
    ordered = sorted(rows, key=lambda row: row.wanted or 0)
    best, most = best_of(ordered), ordered[-1]
    least = min(ordered, key=lambda row: row.threshold_bytes)
    hand = by_hand[0] if by_hand else None
    return PartsCost(
        blocks=most.blocks,
        best_parts=best.parts if best else None,
        best_s=best.predicted_s if best else None,
        most_parts=most.wanted or 0,
        most_s=most.predicted_s,
        further_part_s=_further_part_s(best, most),
        whole_bytes=ordered[0].threshold_bytes,
        best_threshold_bytes=best.threshold_bytes if best else None,
        least_threshold_bytes=least.threshold_bytes,
        least_threshold_parts=least.wanted or 0,
        hand_parts=hand.parts if hand else None,
        hand_over_best=_over(hand, best) if hand and hand.fits else None,
        hand_peak_over_best=_peak_over(hand, ordered),
    )


def _peak_over(hand: GranularityRow | None, by_parts: Sequence[GranularityRow]) -> float | None:
    if hand is None or hand.peak_bytes is None:
        return None
    peaks = [row.peak_bytes for row in by_parts if row.wanted == hand.parts and row.peak_bytes]
    return hand.peak_bytes / peaks[0] - 1 if peaks else None


def _further_part_s(best: GranularityRow | None, most: GranularityRow) -> float | None:
    if best is None or best.predicted_s is None or most.predicted_s is None:
        return None
    further = (most.parts or 0) - (best.parts or 0)
    return (most.predicted_s - best.predicted_s) / further if further else None


def _over(row: GranularityRow, other: GranularityRow | None) -> float | None:
    if other is None or row.predicted_s is None or other.predicted_s is None:
        return None
    return row.predicted_s / other.predicted_s - 1


def _level_costs(rows: Sequence[GranularityRow]) -> dict[str, LevelCost]:
    ordered = sorted(rows, key=lambda row: -row.blocks)
    return {
        row.level: LevelCost(
            blocks=row.blocks,
            parts=row.parts,
            latency_s=row.predicted_s,
            over_finest=_over(row, ordered[0]),
            threshold_bytes=row.threshold_bytes,
            moved_bytes=row.moved_bytes,
        )
        for row in ordered
    }


def _measured(
    rows: Sequence[GranularityRow], groups: Sequence[Sequence[GranularityRow]]
) -> MeasuredPlans:
    errors = [row.error for row in rows if row.error is not None]
    over = [row.over_estimate for row in rows if row.over_estimate is not None]
    killed = sum(row.result.startswith(KILLED) for row in rows)
    failed = sum(row.run_failed for row in rows)
    compared = [
        run for group in groups
        if len(run := [row for row in _of(group, Sweep.PARTS) if row.measured_s is not None]) > 1
    ]  # fmt: skip
    same = [best_of(run) is min(run, key=lambda row: row.measured_s or 0.0) for run in compared]
    return MeasuredPlans(
        runs=len(errors) + failed,
        killed=killed,
        failed=failed - killed,
        median_error=float(np.median(np.abs(errors))) if errors else None,
        worst_error=max(errors, key=abs, default=None),
        median_over_estimate=float(np.median(over)) if over else None,
        below_measured=sum(share < 0 for share in over),
        same_best=sum(same),
        compared=len(compared),
    )


def write(summary: Summary, folder: Path, rows: Sequence[GranularityRow]) -> None:
    """Writes the summary beside the rows, and prints the tables of the page."""
    write_record(folder / "summary.json", summary)
    print(f"{summary.unproved} plans without a proof\n")
    print(tables(summary, rows))


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder again."""
    rows = rows_of(folder, GranularityRow)
    write(summarise(rows), folder, rows)


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
