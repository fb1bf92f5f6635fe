"""Timeline: one request, laid out from the terms of a breakdown.

The terms follow each other without gaps, in the order in which they happen. A measured breakdown
holds medians, each over all requests: no single request need have had these terms, and they need
not add up to the median of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import PlannerError


class Track(NamedTuple):
    """Where something happens: on a node, or on one direction of a link."""

    source: str
    target: str | None = None
    """None for a node."""

    @property
    def name(self) -> str:
        """As people read it; a node's may be that of a link, too."""
        return self.source if self.target is None else f"{self.source} → {self.target}"


@dataclass(frozen=True)
class Span:
    """A term of the breakdown, and when it happens."""

    track: Track
    index: int
    """Of the stage or the hop."""
    start_s: float
    """From the request's start."""
    stop_s: float
    term: StageTerm | HopTerm

    @property
    def length_s(self) -> float:
        """How long it lasts; to rounding, what the term says."""
        return self.stop_s - self.start_s


def in_order(breakdown: Breakdown) -> list[HopTerm | StageTerm]:
    """Hop, stage, hop, …, stage, hop: as a request meets them."""
    terms: list[HopTerm | StageTerm] = [breakdown.hops[0]]
    for stage, hop in zip(breakdown.stages, breakdown.hops[1:], strict=True):
        terms.extend((stage, hop))
    return terms


def lay_out(breakdown: Breakdown) -> tuple[Span, ...]:
    """The spans of one request from its source to its sink.

    A stage with replicas is on its first node. A hop within one node is on the node's own track,
    and is left out if it takes no time.

    Raises:
        PlannerError: a hop has no link, so that the request never ends.
    """
    spans, now_s = [], 0.0
    for place, term in enumerate(in_order(breakdown)):
        start_s, now_s = now_s, now_s + duration_s(term)
        if not isfinite(now_s):
            raise PlannerError(
                f"no link leads over the hop {_track(term).name}: the request never ends, and "
                "cannot be shown against time"
            )
        if now_s > start_s or isinstance(term, StageTerm) or term.source != term.target:
            spans.append(Span(_track(term), place // 2, start_s, now_s, term))
    return tuple(spans)


def duration_s(term: StageTerm | HopTerm) -> float:
    """How long it lasts; infinite without a link."""
    return term.compute_s if isinstance(term, StageTerm) else term.transfer_s


def _track(term: StageTerm | HopTerm) -> Track:
    if isinstance(term, StageTerm):
        return Track(term.node)
    return Track(term.source, None if term.source == term.target else term.target)
