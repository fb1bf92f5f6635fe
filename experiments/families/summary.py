"""Summary: each model under each cap and over each link, beside the familiar one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from experiments.contest import OK
from experiments.families.contenders import Way
from experiments.families.family_rows import FamilyRow
from experiments.families.published import PublishedAccuracy
from experiments.rows import refuse_none
from experiments.standings import joined_fields
from profiler.record import Record


class Cell(Record):
    """One model under one cap, over one link setting, as well as it can be run there."""

    case: str
    """The model."""
    cap_bytes: int
    link: str
    way: Way
    parts: int | None = None
    """None where no plan fits."""
    predicted_s: float | None = None
    measured_s: float | None = None
    """Median of the visits; none if one failed."""
    noise: float | None = None
    """|second / first visit - 1|."""
    predicted_bytes: int | None = None
    """Peak of the fullest node."""
    measured_bytes: int | None = None
    """The same, the most of all visits."""
    moved_bytes: int | None = None
    killed: bool = False
    """Whether the kernel ended a visit for its memory."""
    failure: str = ""
    """Why there is no measurement."""
    over_familiar: float | None = None
    """Measured latency over that of the familiar model there; none if one of them has none."""


class FamiliesSummary(Record):
    """All that the page of the experiment claims."""

    familiar: str
    """The model that is split rather than replaced, as rows call it."""
    cells: tuple[Cell, ...]
    """In the order of the rows."""
    points_lost: dict[str, float]
    """Top-1 accuracy of the familiar model less that of each other one, in points of a hundred,
    each with its most accurate weights; published, not measured."""
    over_split: dict[str, tuple[float, float]]
    """By other model, its least and its most latency over that of the familiar model where that
    runs in several parts: only there is there a choice."""
    rel_differences: dict[str, float]
    """By model, the most that its emitted parts' outputs differ from its own, relative."""
    killed: int
    """Visits whose plan was said to fit, and whose workers the kernel killed for their memory."""
    failed: int
    """For another reason."""
    median_error: float | None
    """Median |predicted / measured - 1| of the latency of measured visits; none without any."""
    memory_over: tuple[float, float] | None
    """Predicted over measured peak of single nodes, less one: the least and the median."""

    @property
    def best(self) -> tuple[Cell, ...]:
        """Those that run as well as they can."""
        return tuple(cell for cell in self.cells if cell.way is Way.BEST)


def summarise(
    rows: Sequence[FamilyRow], published: PublishedAccuracy, familiar: str
) -> FamiliesSummary:
    """The summary of a run.

    Args:
        rows: of all models.
        published: their accuracy.
        familiar: which of them is split rather than replaced.

    Raises:
        SystemExit: there are no rows.
    """
    refuse_none(rows)
    found = _beside(familiar, cells(rows))
    fit = [row for row in rows if row.way is Way.BEST and row.parts is not None]
    killed = sum(row.killed for row in fit)
    done = [row for row in fit if row.measured_s is not None]
    errors = [abs(row.predicted_s / row.measured_s - 1) for row in done if row.predicted_s]
    over = [share for row in done for share in _over_estimates(row)]
    return FamiliesSummary(
        familiar=familiar,
        cells=found,
        points_lost=_points_lost(familiar, published),
        over_split=_over_split(familiar, found),
        rel_differences=_rel_differences(rows),
        killed=killed,
        failed=sum(row.result != OK for row in fit) - killed,
        median_error=median(errors) if errors else None,
        memory_over=(min(over), median(over)) if over else None,
    )


def cells(rows: Sequence[FamilyRow]) -> tuple[Cell, ...]:
    """The visits of each cell taken together."""
    visits: defaultdict[tuple[object, ...], list[FamilyRow]] = defaultdict(list)
    for row in rows:
        visits[row.case, row.cap_bytes, row.link, row.way].append(row)
    return tuple(map(_cell, visits.values()))


def _cell(visits: Sequence[FamilyRow]) -> Cell:
    first = visits[0]
    peaks = [row.measured_peak_bytes for row in visits if row.measured_peak_bytes is not None]
    return Cell(
        case=first.case,
        cap_bytes=first.cap_bytes,
        link=first.link,
        way=first.way,
        parts=first.parts,
        predicted_s=first.predicted_s,
        predicted_bytes=first.predicted_peak_bytes,
        measured_bytes=max(peaks, default=None),
        moved_bytes=first.moved_bytes,
        killed=any(row.killed for row in visits),
        **joined_fields(visits),
    )


def _beside(familiar: str, cells: Sequence[Cell]) -> tuple[Cell, ...]:
    base = {
        (cell.cap_bytes, cell.link): cell.measured_s
        for cell in cells
        if cell.case == familiar and cell.way is Way.BEST
    }
    return tuple(_over(cell, base.get((cell.cap_bytes, cell.link))) for cell in cells)


def _over(cell: Cell, familiar_s: float | None) -> Cell:
    if familiar_s is None or cell.measured_s is None:
        return cell
    return cell.model_copy(update={"over_familiar": cell.measured_s / familiar_s})


def _over_split(familiar: str, cells: Sequence[Cell]) -> dict[str, tuple[float, float]]:
    best = [cell for cell in cells if cell.way is Way.BEST]
    split = {
        (cell.cap_bytes, cell.link)
        for cell in best
        if cell.case == familiar and cell.parts is not None and cell.parts > 1
    }
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for cell in best:
        if cell.over_familiar is not None and (cell.cap_bytes, cell.link) in split:
            ratios[cell.case].append(cell.over_familiar)
    return {case: (min(r), max(r)) for case, r in ratios.items() if case != familiar}


def _points_lost(familiar: str, published: PublishedAccuracy) -> dict[str, float]:
    base = published.best(familiar)
    found = {case: published.best(case) for case in published.cases}
    return {
        case: base.top1_percent - best.top1_percent
        for case, best in found.items()
        if base is not None and best is not None and case != familiar
    }


def _rel_differences(rows: Sequence[FamilyRow]) -> dict[str, float]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.rel_difference is not None:
            found[row.case].append(row.rel_difference)
    return {case: max(differences) for case, differences in found.items()}


def _over_estimates(row: FamilyRow) -> list[float]:
    pairs = zip(row.predicted_bytes.split(), row.measured_bytes.split(), strict=False)
    return [int(predicted) / int(measured) - 1 for predicted, measured in pairs if int(measured)]
