"""What the rows say: how times grow, and where a gap stays open; with the tables of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.again import sum_up_again
from experiments.markdown import table
from experiments.rows import refuse_none, rows_of
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
    refuse_none(rows)
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
    return table(
        ("Order", "Along", "Sizes", "Time grows as", "Worst row off that line",
         "Largest four sizes"),
        (
            (found.order, found.along,
             f"{found.sizes[0]:,} to {found.sizes[-1]:,} ({len(found.sizes)})",
             f"{found.along}^{found.slope:.2f}", f"{found.worst_factor:.1f} ×", _tail(found))
            for found in growths
        ),
    )  # fmt: skip


def _tail(found: Growth) -> str:
    if found.slope_of_largest is None:
        return "too few sizes"
    return f"{found.along}^{found.slope_of_largest:.2f}"


def _row_table(rows: Sequence[ScalingRow]) -> Iterator[str]:
    return table(
        ("Order", "Style", "Blocks", "Nodes", "Median", "Slowest", "Proved", "Largest gap",
         "Method"),
        (
            (row.order, row.style, f"{row.blocks:,}", row.nodes, _time(row.median_cpu_s),
             _time(row.slowest_cpu_s), f"{row.proved} of {row.problems}",
             f"{100 * row.largest_gap:.3f} %", row.method)
            for row in rows
        ),
    )  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder again."""
    rows = rows_of(folder, ScalingRow)
    write(summarise(rows), folder, rows)


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
