"""Terms: one request's latency and what it is made of, predicted or measured, as plain numbers."""

from __future__ import annotations

from math import fsum

from planner.breakdown import Breakdown
from profiler.record import Record


class Terms(Record):
    """Seconds of one request, end to end; a median where it was measured."""

    latency_s: float
    compute_s: float
    """All stages."""
    transfer_s: float
    """All hops, with packing and unpacking."""

    @property
    def rest_s(self) -> float:
        """What neither counts; medians of terms do not quite add up to the median of the sum."""
        return self.latency_s - self.compute_s - self.transfer_s

    @property
    def transfer_share(self) -> float:
        """Transfers over latency."""
        return self.transfer_s / self.latency_s


def terms_of(breakdown: Breakdown) -> Terms:
    """The sums of a breakdown."""
    return Terms(
        latency_s=breakdown.latency_s,
        compute_s=fsum(stage.compute_s for stage in breakdown.stages),
        transfer_s=fsum(hop.transfer_s for hop in breakdown.hops),
    )
