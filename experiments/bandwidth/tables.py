"""The summary as the Markdown tables of the experiment's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.again import sum_up_again
from experiments.bandwidth.summary import BandwidthSummary, Cell, Rule, summarise
from experiments.contest import ContestRow
from experiments.link_settings import setting_named
from experiments.markdown import percent, ratio, table
from experiments.rows import rows_of
from experiments.standings import TOLERANCE
from netmodel.units import format_duration
from planner.files import write_record


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder, without any run."""
    write(summarise(rows_of(folder, ContestRow)), folder)


def write(summary: BandwidthSummary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints its tables."""
    write_record(folder / "summary.json", summary)
    for part in (
        overview(summary),
        choices(summary.cells),
        cells(summary.cells),
        rules(summary.rules),
    ):
        print("\n".join(part), end="\n\n")


def overview(summary: BandwidthSummary) -> Iterator[str]:
    """The claim and the counts in a few lines."""
    little_slower = summary.within - summary.equal - summary.better
    yield (
        f"{summary.compared} cells; ours takes at most {TOLERANCE:.0%} longer than the best other "
        f"plan in {summary.within}: it is the same plan in {summary.equal}, quicker in "
        f"{summary.better} (beyond the noise in {summary.better_beyond_noise}), slower by so "
        f"little in {little_slower}; worst {ratio(summary.worst_over_best)} "
        f"({summary.worst_in or 'nowhere'}); median noise {percent(summary.median_noise)}"
    )
    yield (
        f"{summary.too_slow} plan and link pairs predicted only, at least "
        f"{ratio(summary.least_too_slow)} ours; measured over predicted from "
        f"{ratio(summary.least_of_predicted)} to {ratio(summary.most_of_predicted)}"
    )
    yield (
        f"{summary.above_caps} plans above a cap tried, over one link each, "
        f"{summary.above_caps_killed} killed; "
        f"{summary.failed} visits of plans that fit failed"
    )
    yield from (f"our plan failed: {place}" for place in summary.ours_failed)
    for cell in summary.cells:
        if cell.is_worse:
            yield (
                f"more than {TOLERANCE:.0%} slower: {cell.case}, {cell.link}: "
                f"{ratio(cell.over_best)} of {', '.join(cell.best_others)}, noise "
                f"{percent(cell.noise)}"
            )


def choices(cells: Sequence[Cell]) -> Iterator[str]:
    """Our plan for every model, delay and rate."""
    by_line: defaultdict[tuple[str, float], dict[float, str]] = defaultdict(dict)
    for cell in cells:
        setting = setting_named(cell.link)
        by_line[cell.case, setting.delay_s][setting.rate_bit_per_s] = cell.plan
    rates = sorted({rate for plans in by_line.values() for rate in plans})
    yield from table(
        ("model", "one way", *(f"{rate / 1e6:g} Mbit/s" for rate in rates)),
        (
            (case, f"+{delay_s * 1e3:g} ms", *(plans.get(rate, "") for rate in rates))
            for (case, delay_s), plans in by_line.items()
        ),
    )


def cells(cells: Sequence[Cell]) -> Iterator[str]:
    """Ours beside the best other plan, cell by cell."""
    return table(
        ("model", "links", "our plan", "predicted", "measured", "best other", "measured",
         "ours / best other", "noise"),
        (
            (cell.case, cell.link, cell.plan, format_duration(cell.predicted_s),
             _seconds(cell.ours_s), ", ".join(cell.best_others), _seconds(cell.best_other_s),
             "same plan" if cell.over_best == 1 else ratio(cell.over_best), percent(cell.noise))
            for cell in cells
        ),
    )  # fmt: skip


def rules(rules: Sequence[Rule]) -> Iterator[str]:
    """Every rule's latency over ours."""
    return table(
        ("rule", "cells", "fits", "same plan as ours", "measured", "failed", "median over ours",
         "worst", "in"),
        (
            (rule.name, rule.cells, rule.fits, rule.same, rule.measured, rule.failed,
             ratio(rule.median_over_ours), ratio(rule.worst_over_ours), rule.worst_in)
            for rule in rules
        ),
    )  # fmt: skip


def _seconds(value: float | None) -> str:
    return "failed" if value is None else format_duration(value)


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
