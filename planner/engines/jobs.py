"""Jobs: what each stage of a partition is told."""

from __future__ import annotations

from planner.engines.emulation import Emulation
from planner.engines.hosts import Hosts
from planner.partition import Partition
from planner.runtime.job import Job


def jobs_of(partition: Partition, emulated: Emulation, hosts: Hosts) -> list[Job]:
    """One job per stage; each paces the hop before its stage."""
    plan, document = partition.plan, partition.document
    return [
        Job(
            stage=index,
            node=stage.node,
            file=str(partition.stage_path(index)),
            backend=document.backend,
            threads=document.threads,
            inputs=tuple(port.name for port in stage.inputs),
            outputs=tuple(port.name for port in stage.outputs),
            sends=plan.hops[index + 1],
            host=hosts.address(stage.node),
            wire_busy_s=None if wire is None else wire.busy_s,
            wire_delay_s=0.0 if wire is None else wire.delay_s,
            slowdown=emulated.slowdowns[index],
        )
        for index, (stage, wire) in enumerate(
            zip(partition.manifest.stages, emulated.wires, strict=False)
        )
    ]
