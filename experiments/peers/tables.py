"""The tables of the experiment's page, in Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.again import sum_up_again
from experiments.contest import ContestRow
from experiments.markdown import percent, ratio, table
from experiments.peers.choices import Choices
from experiments.peers.summary import Cell, Outcome, PeersSummary, summarise
from experiments.rows import rows_of
from experiments.standings import TOLERANCE
from planner.files import read_record, write_record


def sum_up(folder: Path) -> None:
    """Sums up the rows of a folder, without any run.

    What the best order of nodes would be worth comes from the profiles, which stay where the run
    was: it is taken from the summary that is there.
    """
    rows, path = rows_of(folder, ContestRow), folder / "summary.json"
    answers = {case: folder / "answers" / f"{case}.json" for case in {row.case for row in rows}}
    choices = {case: read_record(file, Choices) for case, file in answers.items()}
    reordered = read_record(path, PeersSummary).reordered if path.exists() else {}
    write(summarise(rows, choices, reordered), folder)


def write(summary: PeersSummary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints its tables."""
    write_record(folder / "summary.json", summary)
    print("\n".join((*by_tool(summary), "", *by_cell(summary), "", *wins(summary))))


def by_tool(summary: PeersSummary) -> Iterator[str]:
    """One line per tool."""
    return table(
        ("tool", "cells measured", "killed", "failed", "no split", "median theirs / ours", "worst",
         "faster", "beyond noise", f"by more than {TOLERANCE:.0%}",
         "best order of nodes, predicted median"),
        (
            (name, tool.measured, tool.killed, tool.failed, tool.no_split, ratio(tool.median),
             ratio(tool.worst), len(tool.wins), len(tool.wins_beyond_noise),
             len(tool.wins_beyond_tolerance), ratio(tool.reordered_median))
            for name, tool in summary.tools.items()
        ),
    )  # fmt: skip


def by_cell(summary: PeersSummary) -> Iterator[str]:
    """One line per case and link setting, one column per tool."""
    found: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in summary.cells:
        found[cell.case, cell.link].append(cell)
    return table(
        ("case", "links", *summary.tools),
        (
            (case, link, *(_said(cells, tool) for tool in summary.tools))
            for (case, link), cells in found.items()
        ),
    )


def wins(summary: PeersSummary) -> Iterator[str]:
    """What speaks against the claim, and each cell in which a tool's split was faster."""
    tools = summary.tools.values()
    noise = sum(len(tool.wins_beyond_noise) for tool in tools)
    share = sum(len(tool.wins_beyond_tolerance) for tool in tools)
    yield (
        f"splits faster than our plan: {sum(len(tool.wins) for tool in tools)}; by more than the "
        f"noise of the visits: {noise}; by more than {TOLERANCE:.0%}: {share}; cells in which our "
        f"plan was killed: {len(summary.ours_killed)}"
    )
    for cell in summary.cells:
        if cell.ours_over > 0:
            beyond = " (beyond noise)" if cell.is_beyond_noise else ""
            yield (
                f"* {cell.tool}, {cell.place}: {ratio(cell.over_ours)} of ours, visits differ by "
                f"{percent(cell.noise)}{beyond}"
            )
    for place in summary.ours_failed:
        yield f"* our plan was not measured: {place}"


def _said(cells: Sequence[Cell], tool: str) -> str:
    """A ratio, with a star if the plan is predicted to exceed a cap; or what happened instead."""
    cell = next((cell for cell in cells if cell.tool == tool), None)
    if cell is None:
        return "not asked"
    if cell.outcome is not Outcome.MEASURED:
        return cell.outcome.value
    return ratio(cell.over_ours) + ("" if cell.fits else " *")


if __name__ == "__main__":
    sum_up_again(sum_up, Path(__file__).parent)
