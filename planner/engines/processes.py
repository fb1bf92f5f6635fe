"""Engine `processes`: one worker process per stage on this machine.

             hop 0             hop 1             hop 2
    driver ────────> worker 0 ────────> worker 1 ────────> driver
      │                 │                  │
      ├─ stdin, stdout ─┘                  │      job, ports; its end tells that the driver died
      └─ stdin, stdout ────────────────────┘

Every hop is one TCP connection, opened before the first request and warm from then on. Nothing
but neighbours is connected, so a tensor that only passes through travels every hop, as priced.
Whoever dies closes its connections, which its neighbours see at once; the driver also looks after
the processes while it waits. One that stalls is noticed by the deadline of the request.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from planner.engines.emulation import emulation, refusal
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.engines.interface import OnRequest, RunOptions, RunResult
from planner.engines.jobs import jobs_of
from planner.engines.measurement import RequestTrace, summarise
from planner.engines.output_check import check_outputs
from planner.engines.ring import open_ring
from planner.partition import Partition
from planner.runtime.layout import Array


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
        return refusal(partition, options) or hosts.skip_reason(_nodes(partition))

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
        inputs = {name: partition.sample_inputs[name] for name in partition.plan.hops[0]}
        traces: list[RequestTrace] = []
        outputs: Mapping[str, Array] = {}
        with open_ring(
            jobs_of(partition, emulated, hosts),
            (partition.hop_ends[0][0], partition.hop_ends[-1][1]),
            hosts=hosts,
            startup_deadline_s=options.startup_deadline_s,
        ) as ring:
            for index in range(-options.warmup_requests, options.requests):
                trace, outputs = ring.request(
                    inputs, pace_s=emulated.hop_s[0], deadline_s=options.deadline_s
                )
                if index >= 0:
                    traces.append(trace)
                    if on_request is not None:
                        on_request(index + 1, options.requests)
            peak_bytes = ring.peak_bytes(deadline_s=options.deadline_s)
        return RunResult(
            engine=self.name,
            measurement=summarise(partition, traces, peak_bytes),
            check=check_outputs(partition, outputs),
            hosts=hosts.description,
            emulated_links=options.emulate_links,
            emulated_speeds=options.emulate_speeds,
        )


def _nodes(partition: Partition) -> list[str]:
    """Every node that runs a stage or is an end of the chain, each once."""
    return list(dict.fromkeys(node for ends in partition.hop_ends for node in ends))
