"""How every tool's split did beside our plan, from the rows and the tools' choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from statistics import median

from experiments.contest import OURS, ContestRow
from experiments.peers.choices import Choices
from experiments.rows import refuse_none
from experiments.standings import TOLERANCE, Standing, standings
from experiments.visits import KILLED
from profiler.record import Record

Reordered = Mapping[tuple[str, str, str], float | None]
"""By case, link and tool; none if no order fits."""


class Outcome(StrEnum):
    """What became of a tool's split."""

    MEASURED = "measured"
    KILLED = "killed"
    """The kernel ended a worker for its memory."""
    FAILED = "failed"
    """There is no measurement, or none of ours, for another reason."""
    NO_SPLIT = "no split"
    """The tool made none that a chain of stages can run."""
    TOOL_FAILED = "tool failed"
    """The tool ended with an error of its own."""


class Cell(Record):
    """One tool over one link setting of a case."""

    case: str
    link: str
    tool: str
    outcome: Outcome
    reason: str = ""
    """Why it is not measured."""
    fits: bool | None = None
    """Whether its predicted memory is within all caps; none without a split."""
    over_ours: float | None = None
    """Measured latency over that of our plan."""
    noise: float | None = None
    """The larger of both plans' |second / first visit - 1|."""
    reordered_over_ours: float | None = None
    """The same cuts on the nodes that suit them best, both as predicted; none if no order fits."""

    @property
    def place(self) -> str:
        """Case and links in words."""
        return f"{self.case}, {self.link}"

    @property
    def ours_over(self) -> float:
        """Our latency over theirs, less one; nothing if it was not measured."""
        return 1 / self.over_ours - 1 if self.over_ours else 0.0

    @property
    def is_beyond_noise(self) -> bool:
        """Whether theirs was faster by more than visits differ; noise that is unknown is none."""
        return self.ours_over > (self.noise or 0.0)

    @property
    def is_beyond_tolerance(self) -> bool:
        """Whether ours took longer by more than a fixed share, whatever the noise."""
        return self.ours_over > TOLERANCE


class ToolResult(Record):
    """One tool over all cells."""

    measured: int
    killed: int
    failed: int
    no_split: int
    median: float | None
    """Of measured latency over ours."""
    worst: float | None
    wins: tuple[str, ...]
    """Cells in which it was faster than our plan."""
    wins_beyond_noise: tuple[str, ...] = ()
    """Those in which ours took longer by more than the noise of the two plans' visits …"""
    wins_beyond_tolerance: tuple[str, ...] = ()
    """… and by more than 2 %, so that much noise excuses nothing."""
    reordered_median: float | None
    """Of its cuts in their best order over ours, as predicted, where one fits."""


class PeersSummary(Record):
    """All that the page of the experiment claims."""

    tools: dict[str, ToolResult]
    cells: tuple[Cell, ...]
    ours_failed: tuple[str, ...]
    """Cells without a measurement of our plan."""
    ours_killed: tuple[str, ...] = ()
    """Those in which the kernel ended one of its workers for its memory."""

    @property
    def reordered(self) -> Reordered:
        """What is predicted of the tools' cuts in their best order."""
        return {(c.case, c.link, c.tool): c.reordered_over_ours for c in self.cells}


def summarise(
    rows: Sequence[ContestRow], choices: Mapping[str, Choices], reordered: Reordered
) -> PeersSummary:
    """The summary of a run.

    Args:
        rows: all visits.
        choices: of the tools, by case.
        reordered: predicted latency over ours of the tools' cuts in their best order of nodes,
            which the profiles say and the rows do not.

    Raises:
        SystemExit: there are no rows, or rows of several profiles.
    """
    refuse_none(rows)
    found = standings(rows)
    ours = {(each.case, each.link): each for each in found if each.name == OURS}
    cells = [
        _cell(each, ours.get((each.case, each.link)), reordered)
        for each in found
        if each.name != OURS
    ]
    cells += _without_split(ours, choices)
    tools = dict.fromkeys(cell.tool for cell in cells)
    return PeersSummary(
        tools={tool: _result([cell for cell in cells if cell.tool == tool]) for tool in tools},
        cells=tuple(cells),
        ours_failed=tuple(
            f"{case}, {link}" for (case, link), each in ours.items() if each.measured_s is None
        ),
        ours_killed=tuple(
            f"{case}, {link}"
            for (case, link), each in ours.items()
            if each.failure.startswith(KILLED)
        ),
    )


def _cell(theirs: Standing, ours: Standing | None, reordered: Reordered) -> Cell:
    if theirs.failure:
        killed = theirs.failure.startswith(KILLED)
        outcome = Outcome.KILLED if killed else Outcome.FAILED
    else:
        outcome = Outcome.FAILED if theirs.over_ours is None else Outcome.MEASURED
    noises = [each.noise for each in (theirs, ours) if each and each.noise is not None]
    return Cell(
        case=theirs.case,
        link=theirs.link,
        tool=theirs.name,
        outcome=outcome,
        reason=theirs.failure or ("" if theirs.over_ours else "our plan was not measured"),
        fits=theirs.fits,
        over_ours=theirs.over_ours,
        noise=max(noises, default=None),
        reordered_over_ours=reordered.get((theirs.case, theirs.link, theirs.name)),
    )


def _without_split(
    ours: Iterable[tuple[str, str]], choices: Mapping[str, Choices]
) -> Iterator[Cell]:
    for case, link in ours:
        for choice in choices[case].choices if case in choices else ():
            if choice.split is None:
                outcome = Outcome.TOOL_FAILED if choice.tool_failed else Outcome.NO_SPLIT
                yield Cell(case=case, link=link, tool=choice.tool, outcome=outcome,
                           reason=choice.reason)  # fmt: skip


def _result(cells: Sequence[Cell]) -> ToolResult:
    count = [cell.outcome for cell in cells].count
    ratios = [cell.over_ours for cell in cells if cell.over_ours is not None]
    reordered = [c.reordered_over_ours for c in cells if c.reordered_over_ours is not None]
    return ToolResult(
        measured=count(Outcome.MEASURED),
        killed=count(Outcome.KILLED),
        failed=count(Outcome.FAILED) + count(Outcome.TOOL_FAILED),
        no_split=count(Outcome.NO_SPLIT),
        median=median(ratios) if ratios else None,
        worst=max(ratios, default=None),
        wins=tuple(c.place for c in cells if c.ours_over > 0),
        wins_beyond_noise=tuple(c.place for c in cells if c.is_beyond_noise),
        wins_beyond_tolerance=tuple(c.place for c in cells if c.is_beyond_tolerance),
        reordered_median=median(reordered) if reordered else None,
    )
