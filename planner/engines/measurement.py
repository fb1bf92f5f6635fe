"""Measurement: the traces of many requests as one breakdown of medians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm
from planner.partition import Partition
from profiler.profile_records import Timing


@dataclass(frozen=True)
class RequestTrace:
    """Where the time of one request went."""

    compute_s: tuple[float, ...]
    """Per stage."""
    transfer_s: tuple[float, ...]
    """Per hop, from the end of one computation to the start of the next: nothing lies between."""
    latency_s: float
    """End to end."""


def summarise(
    partition: Partition, traces: Sequence[RequestTrace], peak_bytes: Sequence[int]
) -> Breakdown:
    """Medians over the requests, in the shape of the prediction.

    Medians of terms need not add up to the median of their sum.

    Args:
        partition: what was run.
        traces: at least one.
        peak_bytes: most anonymous memory of each stage's process; 0 if not measured.
    """
    compute_s = np.median([trace.compute_s for trace in traces], axis=0).tolist()
    transfer_s = np.median([trace.transfer_s for trace in traces], axis=0).tolist()
    requests = _timing([trace.latency_s for trace in traces])
    return Breakdown(
        origin=Origin.MEASURED,
        stages=_stage_terms(partition, compute_s, peak_bytes),
        hops=_hop_terms(partition, transfer_s),
        latency_s=requests.median_s,
        requests=requests,
    )


def _stage_terms(
    partition: Partition, compute_s: Sequence[float], peak_bytes: Sequence[int]
) -> tuple[StageTerm, ...]:
    caps = {node.name: node.memory_bytes for node in partition.document.cluster.nodes}
    return tuple(
        StageTerm(
            node=stage.node,
            start=stage.start,
            stop=stage.stop,
            compute_s=seconds,
            peak_bytes=peak,
            cap_bytes=caps[stage.node],
        )
        for stage, seconds, peak in zip(partition.plan.stages, compute_s, peak_bytes, strict=True)
    )


def _hop_terms(partition: Partition, transfer_s: Sequence[float]) -> tuple[HopTerm, ...]:
    hops = zip(partition.hop_ends, partition.hop_bytes, transfer_s, strict=True)
    return tuple(
        HopTerm(source=source, target=target, n_bytes=n_bytes, transfer_s=seconds)
        for (source, target), n_bytes, seconds in hops
    )


def _timing(seconds: Sequence[float]) -> Timing:
    p10_s, median_s, p90_s = np.percentile(seconds, (10, 50, 90)).tolist()
    return Timing(median_s=median_s, p10_s=p10_s, p90_s=p90_s, n=len(seconds))
