"""Emulation: how slow this machine must be made to stand for the nodes and links of a plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from planner.engines.interface import RunOptions
from planner.errors import MismatchError, PlannerError
from planner.partition import Partition
from planner.runtime.pacing import WireTime


@dataclass(frozen=True)
class Emulation:
    """Durations and factors that an engine enforces."""

    wires: tuple[WireTime | None, ...]
    """Time that each hop shall take; none runs at full speed."""
    slowdowns: tuple[float, ...]
    """Factor on each stage's computation, at least 1."""


def emulation(partition: Partition, options: RunOptions) -> Emulation:
    """What the options ask for, from the links and speeds in the plan file.

    Raises:
        PlannerError: a speed that cannot be emulated here, or a link that is missing.
    """
    ends = zip(partition.hop_ends, partition.hop_bytes, strict=True)
    return Emulation(
        wires=tuple(
            _wire(partition, hop, n_bytes) if options.emulate_links else None
            for hop, n_bytes in ends
        ),
        slowdowns=tuple(
            _slowdown(partition, stage.node) if options.emulate_speeds else 1.0
            for stage in partition.plan.stages
        ),
    )


def refusal(partition: Partition, options: RunOptions) -> str | None:
    """Why the options cannot be emulated, or none."""
    try:
        emulation(partition, options)
    except PlannerError as error:
        return str(error)
    return None


def shared_wire(partition: Partition, options: RunOptions) -> str | None:
    """Why overlapping requests cannot be paced, or none.

    Each receiver paces its own hop: it does not know what else is on the same wire.
    """
    if options.in_flight == 1 or not options.emulate_links:
        return None
    users = Counter(_wire_name(partition, hop) for hop in partition.hop_ends if hop[0] != hop[1])
    for name, count in users.items():
        if count > 1:
            return (
                f"{count} hops of the plan share {name}, and links are emulated hop by hop: with "
                "several requests in flight leave out emulated links"
            )
    return None


def _wire_name(partition: Partition, hop: tuple[str, str]) -> str:
    for link in partition.document.cluster.links:
        if (link.source, link.target) == hop and link.medium is not None:
            return f"the medium {link.medium!r}"
    return f"the wire {hop[0]} -> {hop[1]}"


def _wire(partition: Partition, hop: tuple[str, str], n_bytes: int) -> WireTime | None:
    source, target = hop
    if source == target:
        return None
    model = partition.document.cluster.link_models.get(hop)
    if model is None:
        raise MismatchError(
            f"the cluster has no link {source} -> {target} that could be emulated: plan again"
        )
    message = np.array([n_bytes], np.int64)
    busy_s, total_s = float(model.busy_s(message)[0]), float(model.transfer_s(message)[0])
    return WireTime(busy_s, total_s - busy_s)


def _slowdown(partition: Partition, node: str) -> float:
    speed = partition.document.node_speeds.get(node)
    if speed is None:
        raise MismatchError(
            f"the speed of node {node!r} relative to this machine is not known, so it cannot be "
            "emulated: run without emulated speeds"
        )
    if speed > 1:
        raise PlannerError(
            f"node {node!r} is {speed:g} times as fast as the machine that was profiled: a faster "
            "machine cannot be emulated; run without emulated speeds"
        )
    return 1 / speed
