"""Selection: which plans of a contest are measured, which only tried, and which left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.contest import OURS, ContestRow, Entries, Entry, row_of
from experiments.rows import RowFile
from experiments.stages import Stages
from experiments.visits import requests_of
from netmodel.units import format_size
from planner.breakdown import Breakdown
from planner.errors import PlannerError

_START_S = 2.0
"""About what it takes to start a plan's workers; for the estimate of the time only."""


class LeftOut(PlannerError):
    """Why a plan is not measured."""


@dataclass(frozen=True)
class Selection:
    """The entries of a contest, sorted by what is done with them."""

    measured: Entries
    """Plans that fit and are not much slower than ours."""
    tried: Entries
    """Plans that exceed a cap, over one link each: the kernel is expected to kill them."""
    left_out: tuple[tuple[Entry, LeftOut], ...]
    """All others, with the reason."""

    def expected_s(self, n_visits: int) -> float:
        """About how long measuring takes, by the predictions."""
        entries = [entry for visits in self.measured.values() for entry in visits]
        requests_s = sum(
            _latency_s(entry) * sum(requests_of(_latency_s(entry))) for entry in entries
        )
        return n_visits * (requests_s + len(self.measured) * _START_S) + len(self.tried) * _START_S

    def record_left_out(self, case: str, rows: RowFile[ContestRow]) -> None:
        """Adds a row with prediction and reason for each plan that is left out."""
        for entry, reason in self.left_out:
            row = row_of(case, entry, 0, reason)
            if rows.key_of(row) not in rows:
                rows.append(row)


def select(
    entries: Entries, *, most_over_ours: float, cheap_s: float, caps_hold: bool
) -> Selection:
    """Sorts the entries of a contest.

    Args:
        entries: plans with their visits; one of each link is ours.
        most_over_ours: predicted latency over that of our plan up to which plans are measured.
        cheap_s: predicted latency up to which they are measured whatever ours takes.
        caps_hold: whether a plan that exceeds a cap is killed where it runs.
    """
    ours_s = {
        entry.link: _latency_s(entry)
        for visits in entries.values()
        for entry in visits
        if OURS in entry.names
    }
    measured: dict[Stages, list[Entry]] = {}
    tried: dict[Stages, list[Entry]] = {}
    left_out: list[tuple[Entry, LeftOut]] = []
    for stages, visits in entries.items():
        wanted = []
        for entry in visits:
            reason = _reason(entry, ours_s, most_over_ours, cheap_s)
            if reason is None:
                wanted.append(entry)
            elif caps_hold and not _estimate(entry).fits and entry is visits[-1]:
                tried[stages] = [entry]
            else:
                left_out.append((entry, reason))
        if wanted:
            measured[stages] = wanted
    return Selection(measured, tried, tuple(left_out))


def _reason(
    entry: Entry, ours_s: Mapping[str, float], most_over_ours: float, cheap_s: float
) -> LeftOut | None:
    """Why a plan is not measured; none if it is."""
    missing = _estimate(entry).missing_bytes
    if missing:
        lacks = ", ".join(f"{node} lacks {format_size(n)}" for node, n in missing.items())
        return LeftOut(f"above a memory cap: {lacks}")
    over = _latency_s(entry) / ours_s[entry.link]
    if over > most_over_ours and _latency_s(entry) > cheap_s:
        return LeftOut(f"predicted to take {over:.1f} times as long as our plan")
    return None


def _latency_s(entry: Entry) -> float:
    return _estimate(entry).latency_s


def _estimate(entry: Entry) -> Breakdown:
    estimate = entry.document.estimate
    if estimate is None:
        raise ValueError("a plan without a prediction")
    return estimate
