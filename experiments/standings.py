"""Standings: how everybody's plan did in a contest, beside ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any, Protocol

from experiments.contest import OK, OURS, ContestRow
from profiler.record import Record

TOLERANCE = 0.02
"""How much longer than another plan ours may take where a claim says that it is the best."""


class VisitRow(Protocol):
    """One measurement, in whatever experiment."""

    @property
    def result(self) -> str:
        """`ok`, or why there is no measurement."""

    @property
    def measured_s(self) -> float | None:
        """End-to-end latency."""


class Standing(Record):
    """One name's plan over one link setting of a case."""

    case: str
    link: str
    name: str
    cuts: str
    nodes: str
    fits: bool
    """Whether every node's predicted memory is within its cap."""
    predicted_s: float
    measured_s: float | None = None
    """Median of the visits; none if one failed."""
    noise: float | None = None
    """|second / first visit - 1|."""
    over_ours: float | None = None
    """Measured latency over that of our plan; exactly 1 where it is the same plan."""
    failure: str = ""
    """Why there is no measurement."""


def standings(rows: Sequence[ContestRow]) -> tuple[Standing, ...]:
    """Every name's plan over every link setting, in the order of the rows.

    Raises:
        SystemExit: rows of one case and link setting are of different profiles.
    """
    refuse_several_profiles(rows)
    visits: defaultdict[tuple[str, str, str], list[ContestRow]] = defaultdict(list)
    for row in rows:
        for name in row.names:
            visits[row.case, row.link, name].append(row)
    found = {key: _standing(key[2], group) for key, group in visits.items()}
    return tuple(
        _beside(each, found.get((case, link, OURS))) for (case, link, _), each in found.items()
    )


def refuse_several_profiles(rows: Sequence[ContestRow]) -> None:
    """Keeps visits of different plans, or of different predictions, from being taken together.

    A profile predicts one latency of each plan over a link setting, and makes one of them ours.

    Raises:
        SystemExit: a case has several of either over one link setting.
    """
    predictions: defaultdict[tuple[str, ...], set[float]] = defaultdict(set)
    chosen: defaultdict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        predictions[row.case, row.link, row.cuts, row.nodes].add(row.predicted_s)
        if OURS in row.names:
            chosen[row.case, row.link].add((row.cuts, row.nodes))
    for key, found in (*predictions.items(), *chosen.items()):
        if len(found) > 1:
            raise SystemExit(
                f"{key[0]}, {key[1]}: the rows are of more than one profile: begin in another "
                "folder with -o"
            )


def _standing(name: str, visits: Sequence[ContestRow]) -> Standing:
    first = visits[0]
    return Standing(
        case=first.case,
        link=first.link,
        name=name,
        cuts=first.cuts,
        nodes=first.nodes,
        fits=first.fits,
        predicted_s=first.predicted_s,
        **joined_fields(visits),
    )


def joined_fields(visits: Sequence[VisitRow]) -> dict[str, Any]:
    """`measured_s`, `noise` and `failure` of all visits of one plan, as a standing has them."""
    seconds = [row.measured_s for row in visits if row.measured_s is not None]
    failures = [row.result for row in visits if row.result != OK]
    return {
        "measured_s": None if failures else median(seconds),
        "noise": abs(seconds[1] / seconds[0] - 1) if len(seconds) > 1 else None,
        "failure": failures[0] if failures else "",
    }


def _beside(standing: Standing, ours: Standing | None) -> Standing:
    if ours is None or ours.measured_s is None or standing.measured_s is None:
        return standing
    return standing.model_copy(update={"over_ours": standing.measured_s / ours.measured_s})
