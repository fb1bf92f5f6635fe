"""What a run says beside its table: the first request, and what its numbers leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import fsum

from netmodel.units import format_duration, format_size
from planner.breakdown import Breakdown
from planner.engines.interface import RunResult
from planner.solution import PlanDocument
from planner.throughput import Throughput


def setting_text(result: RunResult, *, slowed_by_quotas: bool = False) -> str:
    """What of a run was real and what emulated."""
    links = "paced to the cluster file" if result.emulated_links else result.hosts
    speeds = "slowed to the cluster file" if result.emulated_speeds else "this machine's own"
    if slowed_by_quotas:
        speeds = "CPU quotas of the testbed's nodes"
    return f"engine {result.engine}; links: {links}; speeds: {speeds}"


def run_notes(document: PlanDocument, result: RunResult) -> Iterator[str]:
    """One line each."""
    plan = document.solution.plan
    stages = () if plan is None else plan.stages
    if result.first is not None:
        yield _first_request(document.estimate, result)
    if result.throughput is not None:
        yield _in_flight(document.estimate, result.throughput)
        yield from _several_stages(Counter(node for stage in stages for node in stage.nodes))
    if any(stage.replicas for stage in stages):
        yield "of a stage's equal nodes the first was run"
    if document.solution.objective.kind in ("throughput", "makespan") and not result.throughput:
        yield (
            "requests did not overlap: latency was measured, not the time between them "
            "(--in-flight 4 measures it)"
        )


def _first_request(predicted: Breakdown | None, result: RunResult) -> str:
    first = result.first or result.measurement
    hops_s = fsum(hop.transfer_s for hop in first.hops)
    return (
        f"first request, on fresh connections: predicted {_cold(predicted, result)}, measured "
        f"{format_duration(first.latency_s)}, of which hops {format_duration(hops_s)}"
    )


def _cold(predicted: Breakdown | None, result: RunResult) -> str:
    """The predicted latency with every hop on a fresh connection; in words where it is unknown."""
    if result.emulated_links:
        return "as any other, for paced links have no cold start"
    if predicted is None:
        return "nothing"
    cold_s = [0.0 if hop.source == hop.target else hop.cold_s for hop in predicted.hops]
    known_s = [seconds for seconds in cold_s if seconds is not None]
    if len(known_s) < len(cold_s):
        return "nothing, for the cluster's links do not tell their cold start"
    computing_s = (stage.compute_s for stage in predicted.stages)
    return format_duration(fsum([*computing_s, *known_s]))


def _in_flight(predicted: Breakdown | None, throughput: Throughput) -> str:
    in_flight = throughput.in_flight
    peaks = ", ".join(format_size(n_bytes) for n_bytes in throughput.peak_bytes)
    text = (
        f"{in_flight} requests in flight, {throughput.requests} gaps between answers: "
        f"p10 {format_duration(throughput.period.p10_s)}, "
        f"p90 {format_duration(throughput.period.p90_s)}; "
        f"all answers right and in order; highest memory per stage {peaks}"
    )
    if predicted is None or not 0 < predicted.period_s < predicted.period_of_s(in_flight):
        return text
    enough = int(-(-predicted.latency_s // predicted.period_s))
    return (
        f"{text}; so few leave the busiest part idle: {enough} would give "
        f"{format_duration(predicted.period_s)}"
    )


def _several_stages(stages_of: Counter[str]) -> Iterator[str]:
    for node, count in stages_of.items():
        if count > 1:
            yield (
                f"{count} stages of {node} could compute at the same time here, in processes of "
                "their own; the prediction lets them take turns"
            )
