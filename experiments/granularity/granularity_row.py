"""Granularity rows: one plan with its price, and with what was measured of it if it was run."""

from __future__ import annotations

from enum import StrEnum

from planner.engines.interface import RunResult
from planner.errors import PlannerError
from profiler.record import Record

OK = "ok"
MISFIT = "does not fit the memory caps"
"""Result of a split by hand that is priced all the same."""


class Sweep(StrEnum):
    """What the row's plan was chosen for."""

    PARTS = "parts"
    """Least latency with exactly the wanted number of parts, between blocks."""
    HAND = "hand"
    """Split between the model's own stages, nodes in order, whatever that costs."""
    LEVEL = "level"
    """Least latency with any number of parts, where the level allows to cut."""


class GranularityRow(Record):
    """One plan of one model over one link setting; predictions are those of its profile."""

    model: str
    link: str
    sweep: Sweep
    level: str
    """Where the model may be cut."""
    wanted: int | None = None
    """Number of parts that was asked for; none if any."""
    blocks: int
    """That the model has at this level."""
    result: str
    """ok, why there is no plan or why it does not fit, or why its measurement failed."""
    proved: bool | None = None
    """Whether no better plan exists, or none at all; not known of a split by hand."""
    parts: int | None = None
    """Of the plan; none if there is none."""
    cuts: str = ""
    """Boundaries between the level's blocks."""
    nodes: str = ""
    threshold_bytes: int
    """Least cap on every node under which the model can be run in so many parts, in any number of
    them (level), or as it is split (hand): exact for the profile."""
    peak_bytes: int | None = None
    """Predicted: highest memory of any node of this plan."""
    moved_bytes: int | None = None
    """Over wires per request, inputs and outputs included."""
    predicted_s: float | None = None
    """End to end."""
    measured_s: float | None = None
    """Median."""
    p10_s: float | None = None
    p90_s: float | None = None
    requests: int | None = None
    measured_peak_bytes: int | None = None
    """Highest peak that any worker read of itself."""

    @property
    def fits(self) -> bool:
        """Whether there is a plan and the nodes hold it."""
        return self.parts is not None and self.result != MISFIT

    @property
    def run_failed(self) -> bool:
        """Whether the plan was run in vain."""
        return self.fits and self.result != OK

    @property
    def error(self) -> float | None:
        """Predicted over measured latency, less one; none if it was not measured."""
        if self.measured_s is None or self.predicted_s is None:
            return None
        return self.predicted_s / self.measured_s - 1

    @property
    def over_estimate(self) -> float | None:
        """Predicted over measured peak, less one; none if it was not measured."""
        if not self.measured_peak_bytes or self.peak_bytes is None:
            return None
        return self.peak_bytes / self.measured_peak_bytes - 1


KEY = ("model", "link", "sweep", "level", "wanted")


def with_measurement(row: GranularityRow, found: RunResult | PlannerError) -> GranularityRow:
    """A predicted row with what its run gave, or with the failure that came instead."""
    if isinstance(found, PlannerError):
        return row.model_copy(update={"result": f"{type(found).__name__}: {found}"})
    spread = found.measurement.requests
    if spread is None:
        raise ValueError("a measurement without its spread")
    measured = {
        "measured_s": found.measurement.latency_s,
        "p10_s": spread.p10_s,
        "p90_s": spread.p90_s,
        "requests": spread.n,
        "measured_peak_bytes": max(stage.peak_bytes for stage in found.measurement.stages),
    }
    return row.model_copy(update=measured)
