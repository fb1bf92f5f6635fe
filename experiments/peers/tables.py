"""The tables of the experiment's page, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.peers.summary import Cell, Outcome, PeersSummary
from planner.files import write_record


def write(summary: PeersSummary, folder: Path) -> None:
    """Writes the summary beside the rows, and prints its tables."""
    write_record(folder / "summary.json", summary)
    print("\n".join((*by_tool(summary), "", *by_cell(summary), "", *wins(summary))))


def by_tool(summary: PeersSummary) -> Iterator[str]:
    """One line per tool."""
    yield ("| tool | cells measured | killed | failed | no split | median theirs / ours | worst "
           "| best order of nodes, predicted median |")  # fmt: skip
    yield "|---|---|---|---|---|---|---|---|"
    for name, tool in summary.tools.items():
        yield _line(
            name, tool.measured, tool.killed, tool.failed, tool.no_split,
            _times(tool.median), _times(tool.worst), _times(tool.reordered_median),
        )  # fmt: skip


def by_cell(summary: PeersSummary) -> Iterator[str]:
    """One line per case and link setting, one column per tool."""
    yield _line("case", "links", *summary.tools)
    yield "|---|---|" + "---|" * len(summary.tools)
    for case, link in dict.fromkeys((cell.case, cell.link) for cell in summary.cells):
        here = [cell for cell in summary.cells if (cell.case, cell.link) == (case, link)]
        yield _line(case, link, *(_said(here, tool) for tool in summary.tools))


def wins(summary: PeersSummary) -> Iterator[str]:
    """One line per cell in which a tool's split was faster, with the noise of the cell."""
    for cell in summary.cells:
        if cell.over_ours is not None and cell.over_ours < 1:
            noise = "not known" if cell.noise is None else f"{cell.noise:.1%}"
            yield (f"* {cell.tool}, {cell.case}, {cell.link}: {cell.over_ours:.3f} of ours, visits "
                   f"differ by {noise}")  # fmt: skip
    for place in summary.ours_failed:
        yield f"* our plan was not measured: {place}"


def _said(cells: Sequence[Cell], tool: str) -> str:
    """A ratio, with a star if the plan is predicted to exceed a cap; or what happened instead."""
    cell = next((cell for cell in cells if cell.tool == tool), None)
    if cell is None:
        return "not asked"
    if cell.outcome is not Outcome.MEASURED:
        return cell.outcome.value
    return _times(cell.over_ours) + ("" if cell.fits else " *")


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _line(*words: object) -> str:
    return f"| {' | '.join(map(str, words))} |"
