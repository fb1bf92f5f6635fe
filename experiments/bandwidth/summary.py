"""What the rows say: our plan beside the best of all others, and every rule beside ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import inf
from statistics import median

from experiments.bandwidth.selection import LeftOut
from experiments.contest import OK, OURS, ContestRow
from experiments.link_settings import setting_named
from experiments.rows import refuse_none
from experiments.standings import TOLERANCE, Standing, standings
from experiments.visits import KILLED
from profiler.record import Record

_Field = tuple[Standing, list[Standing]]
"""Our plan in one cell, and everybody else's."""


class Cell(Record):
    """One model over one link setting."""

    case: str
    link: str
    plan: str
    """Ours, in words."""
    predicted_s: float
    ours_s: float | None = None
    """Measured, as all that follows; none if a visit failed."""
    failure: str = ""
    """Why there is no measurement of ours."""
    best_others: tuple[str, ...] = ()
    """The rules whose plan was the quickest of all that fit; more than one may choose it."""
    best_other_s: float | None = None
    over_best: float | None = None
    """Ours over theirs; exactly 1 if it is the same plan."""
    noise: float | None = None
    """The larger |second / first visit - 1| of both plans."""

    @property
    def best_over(self) -> float:
        """The best other's latency over ours, less one; nothing if it was not measured."""
        return 1 / self.over_best - 1 if self.over_best else 0.0

    @property
    def is_worse(self) -> bool:
        """Whether ours takes longer than the claim allows."""
        return self.over_best is not None and self.over_best > 1 + TOLERANCE

    @property
    def is_compared(self) -> bool:
        """Whether it says anything of the claim: both were measured, or ours could not be."""
        return self.over_best is not None or self.failure != ""

    @property
    def keeps_claim(self) -> bool:
        """Whether ours ran and took no longer than the claim allows."""
        return self.is_compared and not self.failure and not self.is_worse


class Rule(Record):
    """One rule over all cells."""

    name: str
    cells: int
    """In which it has a plan."""
    fits: int
    """In which this plan is within all memory caps; what follows is about these."""
    same: int
    """In which it is our plan."""
    measured: int
    failed: int
    """In which it was run and is not measured, though it fits: no ratio stands for these."""
    median_over_ours: float | None
    """Latency over that of our plan: measured, or predicted where it was left out as too slow."""
    worst_over_ours: float | None
    worst_in: str
    """Case and link of the worst."""


class BandwidthSummary(Record):
    """All that the page of the experiment claims, from the rows alone."""

    cells: tuple[Cell, ...]
    rules: tuple[Rule, ...]
    compared: int
    """Cells in which our plan and another one that fits were measured, or in which ours failed."""
    equal: int
    """Of these, how often the best other plan is ours."""
    better: int
    """How often ours takes less than every other."""
    within: int
    """How often ours takes at most 2 % longer than the best other, the two counts above included; a
    cell in which ours failed is none of these."""
    better_beyond_noise: int
    """How often ours takes less than every other by more than visits differ: those of the cell's
    two plans or, if that is more, those of a cell in the median. That two visits agree by chance
    makes a finding of no difference."""
    ours_failed: tuple[str, ...]
    """Cells in which a visit of our plan failed, with the reason."""
    worst_over_best: float | None
    worst_in: str
    median_noise: float | None
    too_slow: int
    """Plan and link pairs that fit and were not measured, as predicted to take too long."""
    least_too_slow: float | None
    """Least predicted latency of these over our plan's."""
    least_of_predicted: float | None
    """Least measured over predicted latency of all that was measured."""
    most_of_predicted: float | None
    """The most of it."""
    above_caps: int
    """Plan and link pairs above a memory cap that were tried: one for each such plan of a model."""
    above_caps_killed: int
    failed: int
    """Visits of plans that fit for which there is no measurement."""


def summarise(rows: Sequence[ContestRow]) -> BandwidthSummary:
    """The summary of a run.

    Raises:
        SystemExit: there are no rows, or rows of several profiles.
    """
    refuse_none(rows)
    fields = _by_cell(rows)
    cells = tuple(_cell(ours, others) for ours, others in fields)
    compared = [cell for cell in cells if cell.is_compared]
    measured = [cell for cell in compared if cell.over_best is not None]
    worst = max(measured, key=lambda cell: cell.over_best or 0.0, default=None)
    noises = [cell.noise for cell in compared if cell.noise is not None]
    median_noise = median(noises) if noises else None
    return BandwidthSummary(
        cells=cells,
        rules=_rules(fields),
        compared=len(compared),
        equal=sum(cell.over_best == 1 for cell in compared),
        better=sum(cell.best_over > 0 for cell in measured),
        within=sum(cell.keeps_claim for cell in compared),
        better_beyond_noise=sum(
            cell.best_over > max(cell.noise or 0.0, median_noise or 0.0) for cell in measured
        ),
        ours_failed=tuple(
            f"{cell.case}, {cell.link}: {cell.failure}" for cell in cells if cell.failure
        ),
        worst_over_best=worst.over_best if worst else None,
        worst_in=f"{worst.case}, {worst.link}" if worst else "",
        median_noise=median_noise,
        **_counts(rows, cells),
    )


def plan_in_words(cuts: str, nodes: str) -> str:
    """A row's plan in short: `device [3] server` is cut before block 3."""
    first, *others = nodes.split()
    marks = [] if cuts == "none" else cuts.split()
    return first + "".join(f" [{cut}] {node}" for cut, node in zip(marks, others, strict=True))


def quickest(plans: Sequence[Standing]) -> list[Standing]:
    """Whose plan took least, of those that fit and were measured; several may have chosen it."""
    able = [(each.measured_s, each) for each in plans if each.fits and each.measured_s]
    least_s = min((seconds for seconds, _ in able), default=None)
    return [each for seconds, each in able if seconds == least_s]


def _by_cell(rows: Sequence[ContestRow]) -> list[_Field]:
    """Models in the order of the rows, then shorter delays and slower links first."""
    groups: defaultdict[tuple[str, str], list[Standing]] = defaultdict(list)
    for standing in standings(rows):
        groups[standing.case, standing.link].append(standing)
    models = list(dict.fromkeys(row.case for row in rows))

    def place(key: tuple[str, str]) -> tuple[int, float, float]:
        setting = setting_named(key[1])
        return models.index(key[0]), setting.delay_s, setting.rate_bit_per_s

    ordered = [groups[key] for key in sorted(groups, key=place)]
    return [
        (ours, [each for each in group if each is not ours])
        for group in ordered
        for ours in group
        if ours.name == OURS
    ]


def _cell(ours: Standing, others: Sequence[Standing]) -> Cell:
    cell = Cell(
        case=ours.case,
        link=ours.link,
        plan=plan_in_words(ours.cuts, ours.nodes),
        predicted_s=ours.predicted_s,
        ours_s=ours.measured_s,
        failure=ours.failure,
    )
    best = quickest(others)
    if ours.measured_s is None or not best:
        return cell
    best_s = best[0].measured_s or 0.0
    noises = [each.noise for each in (ours, *best) if each.noise is not None]
    return cell.model_copy(
        update={
            "best_others": tuple(each.name for each in best),
            "best_other_s": best_s,
            "over_best": ours.measured_s / best_s,
            "noise": max(noises, default=None),
        }
    )


def _rules(fields: Sequence[_Field]) -> tuple[Rule, ...]:
    """By how far they are from ours."""
    plans: defaultdict[str, list[tuple[Standing, Standing]]] = defaultdict(list)
    for ours, others in fields:
        for standing in others:
            plans[standing.name].append((standing, ours))
    found = [_rule(name, pairs) for name, pairs in plans.items()]
    return tuple(sorted(found, key=lambda rule: rule.median_over_ours or inf))


def _rule(name: str, pairs: Sequence[tuple[Standing, Standing]]) -> Rule:
    able = [(theirs, ours) for theirs, ours in pairs if theirs.fits]
    ratios = [(_over(theirs, ours), f"{theirs.case}, {theirs.link}") for theirs, ours in able]
    over = [(ratio, place) for ratio, place in ratios if ratio is not None]
    worst, where = max(over, default=(None, ""))
    return Rule(
        name=name,
        cells=len(pairs),
        fits=len(able),
        same=sum((a.cuts, a.nodes) == (b.cuts, b.nodes) for a, b in able),
        measured=sum(theirs.over_ours is not None for theirs, _ in able),
        failed=sum(theirs.failure != "" and not _is_left_out(theirs) for theirs, _ in able),
        median_over_ours=median(ratio for ratio, _ in over) if over else None,
        worst_over_ours=worst,
        worst_in=where,
    )


def _over(theirs: Standing, ours: Standing) -> float | None:
    """Measured, or predicted if theirs was left out; none if a run of either failed."""
    if _is_left_out(theirs) and not ours.failure:
        return theirs.predicted_s / ours.predicted_s
    return theirs.over_ours


def _is_left_out(standing: Standing) -> bool:
    return standing.failure.startswith(LeftOut.__name__)


def _counts(rows: Sequence[ContestRow], cells: Sequence[Cell]) -> dict[str, float | None]:
    """What was not measured and why, and how far what was measured is from its prediction."""
    ours_s = {(cell.case, cell.link): cell.predicted_s for cell in cells}
    slow = [row for row in rows if row.fits and row.result.startswith(LeftOut.__name__)]
    tried = [row for row in rows if not row.fits and not row.result.startswith(LeftOut.__name__)]
    ratios = [row.measured_s / row.predicted_s for row in rows if row.fits and row.measured_s]
    too_slow = [row.predicted_s / ours_s[row.case, row.link] for row in slow]
    return {
        "too_slow": len(slow),
        "least_too_slow": min(too_slow, default=None),
        "least_of_predicted": min(ratios, default=None),
        "most_of_predicted": max(ratios, default=None),
        "above_caps": len(tried),
        "above_caps_killed": sum(row.result.startswith(KILLED) for row in tried),
        "failed": sum(row.fits and row.result != OK for row in rows) - len(slow),
    }
