"""Tables: the summary as the Markdown that the experiment's page shows, and again from rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.again import sum_up_again
from experiments.families.config import FamiliesConfig, case_of
from experiments.families.contenders import Way
from experiments.families.family_rows import FamilyRow
from experiments.families.published import PublishedAccuracy
from experiments.families.summary import Cell, FamiliesSummary, summarise
from experiments.markdown import UNKNOWN, mib, percent, table
from experiments.rows import rows_of
from planner.files import read_record, write_record


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder, without any run."""
    rows = rows_of(folder, FamilyRow)
    published = read_record(folder / "published.json", PublishedAccuracy)
    config = read_record(folder / "config.json", FamiliesConfig)
    write(summarise(rows, published, case_of(config.familiar)), published, folder)


def write(summary: FamiliesSummary, published: PublishedAccuracy, folder: Path) -> None:
    """Writes the summary beside the rows, and prints it as tables."""
    write_record(folder / "summary.json", summary)
    for link in dict.fromkeys(cell.link for cell in summary.best):
        print(f"\n{link}: measured (predicted)\n")
        print("\n".join(latency_table(summary, published, link)))
    print("\nin parts: memory of the fullest node, and what crosses wires\n")
    print("\n".join(parts_table(summary.best)))
    print("\nwhole on one node, though predicted not to fit\n")
    print("\n".join(misfit_table(summary.cells)))
    print("\n" + "\n".join(_totals(summary)))


def latency_table(
    summary: FamiliesSummary, published: PublishedAccuracy, link: str
) -> Iterator[str]:
    """A line per model and a column per cap."""
    found = {(cell.case, cell.cap_bytes): cell for cell in summary.best if cell.link == link}
    caps = sorted({cap for _, cap in found})
    yield from table(
        ("model", "top-1 as published", *map(mib, caps)),
        (
            (case, _accuracy(published, case), *(_latency(found.get((case, cap))) for cap in caps))
            for case in published.cases
        ),
    )


def parts_table(cells: Sequence[Cell]) -> Iterator[str]:
    """A line per model, cap and link where it ran in several parts."""
    yield from table(
        ("model", "cap", "link", "parts", "predicted", "measured", "moved"),
        (
            (cell.case, mib(cell.cap_bytes), cell.link, cell.parts, mib(cell.predicted_bytes),
             mib(cell.measured_bytes), _kib(cell.moved_bytes))
            for cell in cells
            if cell.parts is not None and cell.parts > 1
        ),
    )  # fmt: skip


def misfit_table(cells: Sequence[Cell]) -> Iterator[str]:
    """A line per model and cap that did not fit whole, and what became of it."""
    yield from table(
        ("model", "cap", "predicted", "result"),
        (
            (cell.case, mib(cell.cap_bytes), mib(cell.predicted_bytes), _end(cell))
            for cell in cells
            if cell.way is Way.WHOLE
        ),
    )


def _end(cell: Cell) -> str:
    if cell.killed:
        return "killed"
    return cell.failure or f"ran, {mib(cell.measured_bytes)}"


def _totals(summary: FamiliesSummary) -> Iterator[str]:
    yield f"of those that fit: {summary.killed} visits killed, {summary.failed} failed otherwise"
    if summary.median_error is not None:
        yield f"latency: median |predicted / measured - 1| {percent(summary.median_error)}"
    if summary.memory_over is not None:
        least, middle = summary.memory_over
        yield (
            f"memory: predicted over measured {percent(least, signed=True)} at least, "
            f"{percent(middle, signed=True)} in the median"
        )
    for case, difference in summary.rel_differences.items():
        yield f"{case}: parts differ from the model by {difference:.2g} at most, relative"
    yield from verdicts(summary)


def verdicts(summary: FamiliesSummary) -> Iterator[str]:
    """A line per model that one might switch to: what is gained, and what is lost."""
    for case, points in summary.points_lost.items():
        ratios = summary.over_split.get(case)
        gained = f"{ratios[0]:.2f} to {ratios[1]:.2f}" if ratios else "not known how much"
        yield (
            f"{case}: {gained} of {summary.familiar}'s latency where that runs in parts, "
            f"{-points:+.1f} points of accuracy from best to best published weights"
        )


def _accuracy(published: PublishedAccuracy, case: str) -> str:
    return ", ".join(
        f"{each.top1_percent:.1f} % ({each.weights.removeprefix('IMAGENET1K_')})"
        for each in published.of(case)
    )


def _latency(cell: Cell | None) -> str:
    if cell is None:
        return "not measured"
    if cell.parts is None or cell.predicted_s is None:
        return "no plan"
    how = "whole" if cell.parts == 1 else f"{cell.parts} parts"
    if cell.measured_s is None:
        return f"{how}: killed" if cell.killed else f"{how}: failed"
    return f"{how}: {cell.measured_s * 1e3:.1f} ms ({cell.predicted_s * 1e3:.1f})"


def _kib(n_bytes: int | None) -> str:
    return UNKNOWN if n_bytes is None else f"{n_bytes / 1024:,.0f} KiB"


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
