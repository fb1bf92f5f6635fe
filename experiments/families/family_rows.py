"""Family rows: what was measured of each model, under each cap and over each link."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.contest import OK, measured_fields
from experiments.families.contenders import Contender, Way
from experiments.stages import stage_words
from experiments.visits import KILLED
from planner.breakdown import Breakdown
from planner.engines.interface import RunResult
from planner.errors import PlannerError
from planner.partition import Partition
from profiler.record import Record

KEY = ("case", "cap_bytes", "link", "way", "visit")


class FamilyRow(Record):
    """One measurement of one model, or why there is none; lists go along the stages."""

    case: str
    """The model."""
    cap_bytes: int
    """On every node."""
    link: str
    way: Way
    visit: int
    result: str
    """ok; why no plan fits; or what ended the run."""
    parts: int | None = None
    """None where no plan fits, and so for all that follows."""
    cuts: str = ""
    nodes: str = ""
    moved_bytes: int | None = None
    """Of the tensors that cross wires in one request; computed from the model's graph."""
    predicted_s: float | None = None
    predicted_bytes: str = ""
    """Peak of each node."""
    measured_s: float | None = None
    """Median of the visit's requests; none if it failed."""
    p10_s: float | None = None
    p90_s: float | None = None
    requests: int | None = None
    measured_bytes: str = ""
    """Peaks that the workers read of themselves; empty if one was killed."""
    rel_difference: float | None = None
    """Largest difference of the emitted parts' outputs from the model's, over the largest
    magnitude of these; every run is held to it again before it counts."""

    @property
    def predicted_peak_bytes(self) -> int | None:
        """Of the fullest node."""
        return _most(self.predicted_bytes)

    @property
    def measured_peak_bytes(self) -> int | None:
        """Of the fullest node."""
        return _most(self.measured_bytes)

    @property
    def killed(self) -> bool:
        """Whether the kernel ended it for its memory."""
        return self.result.startswith(KILLED)


def measured_row(
    contender: Contender, number: int, partition: Partition, found: RunResult | PlannerError
) -> FamilyRow:
    """The row of a visit: of a measurement, or of the failure that came instead."""
    measured: dict[str, Any] = dict(measured_fields(found))
    if isinstance(found, RunResult):
        measured["measured_bytes"] = _peaks(found.measurement)
    return FamilyRow(
        **_of(contender),
        visit=number,
        result=OK if measured else f"{type(found).__name__}: {found}",
        **_plan(contender),
        rel_difference=partition.manifest.verification.max_rel_difference,
        **measured,
    )


def misfit_row(contender: Contender) -> FamilyRow:
    """The row of a contender without a plan."""
    solution = contender.document.solution
    return FamilyRow(**_of(contender), visit=0, result=f"{solution.status}: {solution.reason}")


def _of(contender: Contender) -> dict[str, Any]:
    return {name: getattr(contender, name) for name in ("case", "cap_bytes", "link", "way")}


def _plan(contender: Contender) -> dict[str, Any]:
    estimate = contender.document.estimate
    if estimate is None:
        raise ValueError("a plan without a prediction")
    cuts, nodes = stage_words(contender.stages)
    return {
        "parts": len(estimate.stages),
        "cuts": cuts,
        "nodes": nodes,
        "moved_bytes": estimate.moved_bytes,
        "predicted_s": estimate.latency_s,
        "predicted_bytes": _peaks(estimate),
    }


def _peaks(breakdown: Breakdown) -> str:
    """No node has two stages here, so that a stage's peak is its node's."""
    return _listed(stage.peak_bytes for stage in breakdown.stages)


def _listed(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def _most(listed: str) -> int | None:
    return max(map(int, listed.split()), default=None)
