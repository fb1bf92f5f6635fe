"""Engine `inline`: all stages one after another in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import pairwise

from planner.engines.emulation import Emulation, emulation, refusal
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.engines.interface import OnRequest, RunOptions, RunResult
from planner.engines.jobs import jobs_of
from planner.engines.measurement import RequestTrace, summarise
from planner.engines.output_check import check_outputs
from planner.errors import RunError
from planner.partition import Partition
from planner.runtime.errors import RuntimeFault
from planner.runtime.job import Job
from planner.runtime.layout import Array
from planner.runtime.pacing import WireTime, wait_until
from planner.runtime.stage import LoadedStage, StageRun
from profiler.errors import BackendError


class InlineEngine:
    """Runs stages in turn; a transfer is a hand-over, or a sleep if links are emulated.

    Memory per stage cannot be told apart in one process and is reported as 0.
    """

    name = "inline"

    def skip_reason(
        self, partition: Partition, options: RunOptions, hosts: Hosts = THIS_MACHINE
    ) -> str | None:
        """Why the options cannot be emulated, that nodes are hosts of their own, or none."""
        if options.in_flight > 1:
            return (
                f"{options.in_flight} requests in flight need stages that compute at the same "
                "time, and here they take turns in one process: choose the engine processes"
            )
        if hosts is not THIS_MACHINE:
            return f"all stages run in this process, not on {hosts.description}"
        return refusal(partition, options)

    def run(
        self,
        partition: Partition,
        options: RunOptions,
        *,
        hosts: Hosts = THIS_MACHINE,
        on_request: OnRequest | None = None,
    ) -> RunResult:
        """Runs the partition and checks its outputs; see `Engine.run`."""
        emulated = emulation(partition, options)
        stages = [_load(job) for job in jobs_of(partition, emulated, hosts)]
        traces: list[RequestTrace] = []
        outputs: Mapping[str, Array] = {}
        for index in range(-options.warmup_requests, options.requests):
            trace, outputs = _request(partition, stages, emulated)
            if index >= 0:
                traces.append(trace)
                if on_request is not None:
                    on_request(index + 1, options.requests)
        return RunResult(
            engine=self.name,
            measurement=summarise(partition, traces, [0] * len(stages)),
            check=check_outputs(partition, outputs),
            hosts=hosts.description,
            emulated_links=options.emulate_links,
            emulated_speeds=options.emulate_speeds,
        )


def _load(job: Job) -> LoadedStage:
    try:
        return LoadedStage(job)
    except BackendError as error:
        raise RunError(f"stage {job.stage} on node {job.node!r} does not load: {error}") from error


def _request(
    partition: Partition, stages: Sequence[LoadedStage], emulated: Emulation
) -> tuple[RequestTrace, Mapping[str, Array]]:
    hop = partition.plan.hops[0]
    tensors = {name: partition.sample_inputs[name] for name in hop}
    times_s = [time.monotonic()]
    for index, (stage, wire) in enumerate(zip(stages, emulated.wires, strict=False)):
        wait_until(times_s[-1] + _total_s(wire))
        run = _run_stage(stage, tensors, f"stage {index} on node {_node(partition, index)!r}")
        times_s += [run.start_s, run.end_s]
        tensors = run.sends
    wait_until(times_s[-1] + _total_s(emulated.wires[-1]))
    times_s.append(time.monotonic())
    durations_s = tuple(end_s - start_s for start_s, end_s in pairwise(times_s))
    return RequestTrace(durations_s[1::2], durations_s[::2], times_s[-1] - times_s[0]), tensors


def _total_s(wire: WireTime | None) -> float:
    return 0.0 if wire is None else wire.busy_s + wire.delay_s


def _node(partition: Partition, index: int) -> str:
    return partition.plan.stages[index].node


def _run_stage(stage: LoadedStage, tensors: Mapping[str, Array], which: str) -> StageRun:
    try:
        return stage.run(tensors)
    except RuntimeFault as error:
        raise RunError(f"{which} failed: {error}") from error
    except Exception as error:  # a kernel raises what it likes
        raise RunError(f"{which} failed: {type(error).__name__}: {error}") from error
