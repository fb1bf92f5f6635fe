"""What a report is made of: a plan, what solving again told of it, and a run if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from planner.breakdown import Breakdown
from planner.compare import Row
from planner.explanation import Explanation
from planner.saved_run import SavedRun
from planner.solution import PlanDocument
from planner.sweep import SweepRow
from planner.throughput import Throughput
from profiler.profile_records import Profile


@dataclass(frozen=True)
class ReportContent:
    """Everything on the page."""

    document: PlanDocument
    explanation: Explanation | None = None
    """None if there is no plan, or no problem to solve again."""
    alternatives: tuple[Row, ...] = ()
    """Our plan, every single node and the baselines; empty without a problem."""
    parts: tuple[SweepRow, ...] = ()
    """The best plan for every number of parts; empty if it was not asked for."""
    run: SavedRun | None = None
    profile: Profile | None = None
    """That was planned with, for the edges of the model's graph; none if it was not given."""

    @property
    def measured(self) -> Breakdown | None:
        """What the run measured; none without one."""
        return None if self.run is None else self.run.result.measurement

    @property
    def throughput(self) -> Throughput | None:
        """What the run measured with several requests in flight; none without."""
        return None if self.run is None else self.run.result.throughput
