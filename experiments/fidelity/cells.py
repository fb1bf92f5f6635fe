"""Cells: one plan of one model on one cluster over one link setting, predicted beside measured."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.terms import Terms, terms_of
from experiments.visits import Visit
from planner.engines.interface import RunResult
from planner.errors import PlannerError
from profiler.profile_records import Profile
from profiler.record import Record

OK = "ok"


class CellRow(Record):
    """One measurement; a cell that was visited twice has two."""

    model: str
    backend: str
    cluster: str
    link: str
    plan: str
    """optimal or odd."""
    visit: int
    """0, or 1 where the cell was measured again minutes later."""
    result: str
    """ok, or why there is no measurement."""
    cuts: str = "none"
    """Boundaries between blocks where the model is cut."""
    nodes: str
    status: str
    """What is known about the plan: optimal (proved), feasible, or chosen by hand."""
    predicted_s: float
    measured_s: float | None = None
    """End to end, median."""
    p10_s: float | None = None
    p90_s: float | None = None
    requests: int | None = None
    predicted_compute_s: float
    measured_compute_s: float | None = None
    predicted_transfer_s: float
    measured_transfer_s: float | None = None
    measured_rest_s: float | None = None
    """Latency less the medians of its terms; predicted as 0."""
    profile_noise: float
    """A against A of the whole model when it was profiled."""
    seconds_since_profile: float
    speed_since_profile: float | None = None
    """How fast this machine was, as a multiple of when it was profiled, by the reference
    computation: the geometric mean of just before and just after."""

    @property
    def predicted(self) -> Terms:
        """The prediction."""
        return Terms(
            latency_s=self.predicted_s,
            compute_s=self.predicted_compute_s,
            transfer_s=self.predicted_transfer_s,
        )

    @property
    def measured(self) -> Terms:
        """The measurement.

        Raises:
            ValueError: there is none.
        """
        found = (self.measured_s, self.measured_compute_s, self.measured_transfer_s)
        latency_s, compute_s, transfer_s = found
        if latency_s is None or compute_s is None or transfer_s is None:
            raise ValueError(f"a cell that was not measured: {self.result}")
        return Terms(latency_s=latency_s, compute_s=compute_s, transfer_s=transfer_s)

    @property
    def error(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted.latency_s / self.measured.latency_s - 1


@dataclass(frozen=True)
class Drift:
    """What has happened to the machine since the model was profiled."""

    seconds: float
    speed: float | None
    """As a multiple of what it was; none if the profile has no reference."""


KEY = ("model", "backend", "cluster", "link", "plan", "visit")


@dataclass(frozen=True)
class Cell(Visit):
    """A visit with its place in the grid."""

    cluster: str
    link: str
    plan: str


def row_of(
    cell: Cell,
    profile: Profile,
    found: RunResult | PlannerError,
    *,
    visit: int,
    drift: Drift,
) -> CellRow:
    """A cell's row, of a measurement or of the failure that came instead."""
    document, (cuts, nodes) = cell.document, cell.stages
    if document.estimate is None:
        raise ValueError("a cell without a prediction")
    predicted = terms_of(document.estimate)
    return CellRow(
        model=document.model,
        backend=document.backend,
        cluster=cell.cluster,
        link=cell.link,
        plan=cell.plan,
        visit=visit,
        result=OK if isinstance(found, RunResult) else f"{type(found).__name__}: {found}",
        cuts=" ".join(map(str, cuts)) or "none",
        nodes=" ".join(nodes),
        status=document.solution.method if cell.plan == "odd" else document.solution.status.value,
        predicted_s=predicted.latency_s,
        predicted_compute_s=predicted.compute_s,
        predicted_transfer_s=predicted.transfer_s,
        profile_noise=profile.whole.noise,
        seconds_since_profile=drift.seconds,
        speed_since_profile=drift.speed,
        **({} if isinstance(found, PlannerError) else _measured(found)),
    )


def _measured(found: RunResult) -> dict[str, float | int]:
    measured, spread = terms_of(found.measurement), found.measurement.requests
    if spread is None:
        raise ValueError("a measurement without its spread")
    return {
        "measured_s": measured.latency_s,
        "p10_s": spread.p10_s,
        "p90_s": spread.p90_s,
        "requests": spread.n,
        "measured_compute_s": measured.compute_s,
        "measured_transfer_s": measured.transfer_s,
        "measured_rest_s": measured.rest_s,
    }
