"""Engine `processes`: one worker process per stage on this machine.

             hop 0             hop 1             hop 2
    driver ────────> worker 0 ────────> worker 1 ────────> driver
      │                 │                  │
      ├─ stdin, stdout ─┘                  │      job, ports; its end tells that the driver died
      └─ stdin, stdout ────────────────────┘

Every hop is one TCP connection, opened before the first request and warm from then on. Requests go
around one at a time, which gives the terms, and then, if asked for, several at a time. Nothing
but neighbours is connected, so a tensor that only passes through travels every hop, as priced.
Whoever dies closes its connections, which its neighbours see at once; the driver also looks after
the processes while it waits. One that stalls is noticed by the deadline of the request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from planner.breakdown import Breakdown
from planner.engines.emulation import emulation, refusal, shared_wire
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.engines.interface import OnRequest, RunOptions, RunResult
from planner.engines.jobs import jobs_of
from planner.engines.measurement import RequestTrace, summarise
from planner.engines.output_check import check_outputs
from planner.engines.overlap import measure_throughput
from planner.engines.ring import Ring, open_ring
from planner.errors import PlannerError
from planner.partition import Partition
from planner.runtime.layout import Array


class RunningPartition:
    """A partition whose workers are loaded and connected, to be measured as often as wanted.

    Whoever changes the hosts' links between two measurements measures the same workers over other
    links. Made by `ProcessesEngine.start`.
    """

    def __init__(
        self, partition: Partition, ring: Ring, *, options: RunOptions, hosts: Hosts
    ) -> None:
        self._partition = partition
        self._ring = ring
        self._started_with = options
        self._hosts = hosts

    def measure(self, options: RunOptions, *, on_request: OnRequest | None = None) -> RunResult:
        """Sends requests around, one at a time and then, if asked for, several at a time.

        The outputs of the last of the former and of all of the latter are checked.

        Args:
            options: how many requests; links and speeds are emulated as at the start.
            on_request: told after every measured request.

        Raises:
            PlannerError: the options ask for another emulation than the workers started with, or
                for requests in flight that cannot be paced.
            RunError: a stage died, stalled or failed.
            VerificationError: the outputs are not those of the original model.
        """
        self._check_emulation(options)
        inputs = {
            name: self._partition.sample_inputs[name] for name in self._partition.plan.hops[0]
        }
        was_used = self._ring.was_used
        traces: list[RequestTrace] = []
        first: RequestTrace | None = None
        outputs: Mapping[str, Array] = {}
        for index in range(-options.warmup_requests, options.requests):
            trace, outputs = self._ring.request(inputs, deadline_s=options.deadline_s)
            first = first or trace
            if index >= 0:
                traces.append(trace)
                if on_request is not None:
                    on_request(index + 1, options.requests)
        peak_bytes = self._ring.peak_bytes(deadline_s=options.deadline_s)
        check = check_outputs(self._partition, outputs)
        return RunResult(
            engine=ProcessesEngine.name,
            measurement=summarise(self._partition, traces, peak_bytes),
            first=None if was_used or first is None else self._of_one(first),
            throughput=(
                measure_throughput(self._partition, self._ring, options)
                if options.in_flight > 1
                else None
            ),
            check=check,
            hosts=self._hosts.description,
            emulated_links=options.emulate_links,
            emulated_speeds=options.emulate_speeds,
        )

    def _of_one(self, trace: RequestTrace) -> Breakdown:
        return summarise(self._partition, [trace], [0] * len(trace.compute_s))

    def _check_emulation(self, options: RunOptions) -> None:
        started = self._started_with
        asked = (options.emulate_links, options.emulate_speeds)
        if asked != (started.emulate_links, started.emulate_speeds):
            raise PlannerError(
                f"workers started with emulated links {started.emulate_links} and speeds "
                f"{started.emulate_speeds} cannot change to {asked[0]} and {asked[1]}: start again"
            )
        if (reason := shared_wire(self._partition, options)) is not None:
            raise PlannerError(reason)


class ProcessesEngine:
    """Runs stages in processes; each has its own memory, and its own threads."""

    name = "processes"

    def skip_reason(
        self, partition: Partition, options: RunOptions, hosts: Hosts = THIS_MACHINE
    ) -> str | None:
        """Why the options cannot be emulated, or the system lacks what it takes; or none."""
        if os.name != "posix":
            return "the engine needs process groups and pipes that can be polled, as POSIX has"
        if hosts is not THIS_MACHINE and options.emulate_links:
            return f"links are emulated twice: {hosts.description} has links of its own"
        return (
            refusal(partition, options)
            or shared_wire(partition, options)
            or hosts.skip_reason(_nodes(partition))
        )

    def run(
        self,
        partition: Partition,
        options: RunOptions,
        *,
        hosts: Hosts = THIS_MACHINE,
        on_request: OnRequest | None = None,
    ) -> RunResult:
        """Runs the partition and checks its outputs; see `Engine.run`."""
        with self.start(partition, options, hosts=hosts) as running:
            return running.measure(options, on_request=on_request)

    @contextmanager
    def start(
        self, partition: Partition, options: RunOptions, *, hosts: Hosts = THIS_MACHINE
    ) -> Iterator[RunningPartition]:
        """Starts the workers and ends them with the block; what it raises is as for `run`."""
        emulated = emulation(partition, options)
        with open_ring(
            jobs_of(partition, emulated, hosts),
            (partition.hop_ends[0][0], partition.hop_ends[-1][1]),
            hosts=hosts,
            startup_deadline_s=options.startup_deadline_s,
            wire=emulated.wires[-1],
        ) as ring:
            yield RunningPartition(partition, ring, options=options, hosts=hosts)


def _nodes(partition: Partition) -> list[str]:
    """Every node that runs a stage or is an end of the chain, each once."""
    return list(dict.fromkeys(node for ends in partition.hop_ends for node in ends))
