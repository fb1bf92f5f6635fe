"""What the rows say: how times grow, and where a gap stays open; with the tables of the page."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.rows import read_rows
from experiments.scaling.growth import ALONG, Growth, growth
from experiments.scaling.solve_times import ScalingRow
from planner.files import write_record
from planner.limits import Order
from profiler.record import Record


class Summary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    problems: int
    proved: int
    largest_gap: float
    growths: tuple[Growth, ...]
    """By order of nodes, along blocks and along nodes."""


def summarise(rows: Sequence[ScalingRow]) -> Summary:
    """The summary of a run.

    Raises:
        SystemExit: there are no rows.
    """
    if not rows:
        raise SystemExit("there are no rows to sum up: run without --limit-minutes")
    found = [growth(rows, order, along) for order in (Order.LISTED, Order.FREE) for along in ALONG]
    return Summary(
        problems=sum(row.problems for row in rows),
        proved=sum(row.proved for row in rows),
        largest_gap=max(row.largest_gap for row in rows),
        growths=tuple(each for each in found if each is not None),
    )


def write(summary: Summary, folder: Path, rows: Sequence[ScalingRow]) -> None:
    """Writes the summary beside the rows, and prints the tables of the page."""
    write_record(folder / "summary.json", summary)
    print(f"{summary.proved} of {summary.problems} plans proved, largest gap "
          f"{summary.largest_gap:.2%}\n")  # fmt: skip
    print("\n".join((*_growth_table(summary.growths), "", *_row_table(rows))))


def _growth_table(growths: Sequence[Growth]) -> Iterator[str]:
    yield "| Order | Along | Sizes | Time grows as | Worst row off that line | Largest four sizes |"
    yield "|---|---|---|---|---:|---|"
    for found in growths:
        sizes = f"{found.sizes[0]:,} to {found.sizes[-1]:,} ({len(found.sizes)})"
        largest = found.slope_of_largest
        tail = "too few sizes" if largest is None else f"{found.along}^{largest:.2f}"
        yield (
            f"| {found.order} | {found.along} | {sizes} | {found.along}^{found.slope:.2f} | "
            f"{found.worst_factor:.1f} × | {tail} |"
        )


def _row_table(rows: Sequence[ScalingRow]) -> Iterator[str]:
    yield ("| Order | Style | Blocks | Nodes | Median | Slowest | Proved | Largest gap | Method |")
    yield "|---|---|---:|---:|---:|---:|---:|---:|---|"
    for row in rows:
        yield (
            f"| {row.order} | {row.style} | {row.blocks:,} | {row.nodes} | "
            f"{_time(row.median_cpu_s)} | {_time(row.slowest_cpu_s)} | "
            f"{row.proved} of {row.problems} | {100 * row.largest_gap:.3f} % | {row.method} |"
        )


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def main() -> None:
    """Sums up the rows of a folder again."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    folder = parser.parse_args().folder
    rows = read_rows(folder / "rows.csv", ScalingRow)
    write(summarise(rows), folder, rows)


if __name__ == "__main__":
    main()
