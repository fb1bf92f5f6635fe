"""Latency of a placement: when the last operator finishes a sample. The only place that prices it.

The host has as many processors as the graph is wide, and moving data between them is free. Each
accelerator holds one block, which starts when all that it reads is ready and then runs without
overlap:

    finish(S) = max ready(u) for u read by S + Σ transfer(u) over all u outside that S reads
              + Σ accelerator(v) for v in S + Σ transfer(v) for v in S that are read outside
    finish(v) = max ready(u) for u read by v + cpu(v), on the CPU

Each tensor counts once per block and direction, also one that comes from the CPU. An operator's
output is ready when it, or its block, has finished. `n_cpus` of an instance plays no part.

Source: the integer program for latency, with one subgraph per accelerator and without overlap of
communication, of Tarnawski, Phanishayee, Devanur, Mahajan and Nina Paravecino, "Efficient
Algorithms for Device Placement of DNN Graph Operators", NeurIPS 2020; the published reference
solver likewise ignores the number of processors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.errors import MismatchError
from planner.placement.instance import PlacementInstance
from planner.placement.latency_tables import LatencyTables, convex_hull, members
from planner.placement.placement import CPU, Placement, accelerator, is_accelerator

HOST = -1
"""The number that stands for the host; accelerators count from 0."""


def price_latency(instance: PlacementInstance, placement: Placement) -> float:
    """Seconds until the last operator finishes; infinite if blocks wait in a circle.

    Raises:
        MismatchError: the placement has another number of operators than the instance, or names
            single processors of the host, which this objective does not tell apart.
    """
    blocks = blocks_of(device_numbers(instance, placement))
    device = device_of(len(instance.operators), list(blocks.values()))
    return latency_s(LatencyTables.of(instance), device)


def latency_violations(instance: PlacementInstance, placement: Placement) -> tuple[str, ...]:
    """Why the placement is not allowed, naming operators by place; empty if it is.

    Raises:
        MismatchError: as for `price_latency`.
    """
    return violations(LatencyTables.of(instance), device_numbers(instance, placement))


def device_numbers(instance: PlacementInstance, placement: Placement) -> list[int]:
    """Number of each operator's accelerator, or `HOST`.

    Raises:
        MismatchError: as for `price_latency`.
    """
    devices = placement.devices
    if len(devices) != len(instance.operators):
        raise MismatchError(
            f"the placement is of {len(devices)} operators, but instance {instance.name!r} has "
            f"{len(instance.operators)}: take the placement of this instance"
        )
    for place, device in enumerate(devices):
        if device != CPU and not is_accelerator(device):
            raise MismatchError(
                f"operator {place} is on {device!r}: for latency the host is one device, {CPU!r}"
            )
    return [HOST if device == CPU else int(device.rpartition("-")[2]) for device in devices]


def placement_of(device: Sequence[int]) -> Placement:
    """The placement with each operator on the accelerator of that number, or on the host."""
    return Placement(
        devices=tuple(CPU if number == HOST else accelerator(number) for number in device)
    )


def latency_s(tables: LatencyTables, device: Sequence[int]) -> float:
    """Seconds until the last operator finishes, given the device of each operator.

    Infinite when blocks and operators wait for each other in a circle. Caps, colours and support
    are not looked at: that is `violations`.
    """
    finish_s = _finish_s(tables, device)
    return math.inf if finish_s is None else max(finish_s, default=0.0)


def block_s(tables: LatencyTables, block: int) -> float:
    """Seconds that a block runs once all that it reads is ready: transfers and compute."""
    total_s = 0.0
    read = 0
    for v in members(block):
        read |= tables.producer_masks[v]
        total_s += tables.accelerator_s[v]
        if tables.consumer_masks[v] & ~block:
            total_s += tables.transfer_s[v]
    return total_s + sum(tables.transfer_s[u] for u in members(read & ~block))


def violations(tables: LatencyTables, device: Sequence[int]) -> tuple[str, ...]:
    """Why a placement is not allowed, naming operators by place; empty if it is."""
    reasons = []
    blocks = blocks_of(device)
    for number, block in sorted(blocks.items()):
        if not HOST < number < tables.n_accelerators:
            reasons.append(f"accelerator {number} of {tables.n_accelerators} does not exist")
        size_bytes = tables.size_of(block)
        if size_bytes > tables.cap_bytes:
            reasons.append(
                f"accelerator {number} would hold {size_bytes:.0f} bytes of at most "
                f"{tables.cap_bytes:.0f}"
            )
        if convex_hull(block, tables.ancestors, tables.descendants) != block:
            reasons.append(f"the block on accelerator {number} is left and entered again")
    for v, number in enumerate(device):
        if number != HOST and not tables.supported[v]:
            reasons.append(f"operator {v} cannot run on an accelerator")
        first = next(members(tables.colour_masks[v]))
        if device[first] != number:
            reasons.append(f"operators {first} and {v} of one colour are on different devices")
    if not reasons and _finish_s(tables, device) is None:
        reasons.append("blocks wait for each other in a circle")
    return tuple(reasons)


def blocks_of(device: Sequence[int]) -> dict[int, int]:
    """The block on each accelerator that holds one."""
    blocks: dict[int, int] = {}
    for v, number in enumerate(device):
        if number != HOST:
            blocks[number] = blocks.get(number, 0) | 1 << v
    return blocks


def device_of(n_operators: int, blocks: Sequence[int]) -> list[int]:
    """The device of each operator, with block i on accelerator i."""
    device = [HOST] * n_operators
    for number, block in enumerate(blocks):
        for v in members(block):
            device[v] = number
    return device


def _finish_s(tables: LatencyTables, device: Sequence[int]) -> list[float] | None:
    """Finish of each operator; none if there is a circle.

    Vertices are the operators on the CPU, by place, and the blocks, from n upwards.
    """
    n = tables.n
    vertex = [v if number == HOST else n + number for v, number in enumerate(device)]
    start_s = [0.0] * (n + max(device, default=HOST) + 1)
    waits_for = [0] * len(start_s)
    inside: list[list[int]] = [[] for _ in start_s]
    run_s = _run_s(tables, vertex, len(start_s))
    for v, own in enumerate(vertex):
        inside[own].append(v)
        waits_for[own] += sum(vertex[u] != own for u in tables.producers[v])
    finish_s = [0.0] * n
    ready = [own for own, held in enumerate(inside) if held and not waits_for[own]]
    n_done = 0
    while ready:
        own = ready.pop()
        end_s = start_s[own] + run_s[own]
        n_done += len(inside[own])
        for v in inside[own]:
            finish_s[v] = end_s
            for w in tables.consumers[v]:
                other = vertex[w]
                if other != own:
                    start_s[other] = max(start_s[other], end_s)
                    waits_for[other] -= 1
                    if not waits_for[other]:
                        ready.append(other)
    return finish_s if n_done == n else None


def _run_s(tables: LatencyTables, vertex: list[int], n_vertices: int) -> list[float]:
    """What each vertex takes from its start to its finish."""
    n, transfer_s = tables.n, tables.transfer_s
    run_s = [0.0] * n_vertices
    for v, own in enumerate(vertex):
        run_s[own] += tables.cpu_s[v] if own < n else tables.accelerator_s[v]
        others = {vertex[w] for w in tables.consumers[v]}
        others.discard(own)
        if own >= n and others:
            run_s[own] += transfer_s[v]
        for other in others:
            if other >= n:
                run_s[other] += transfer_s[v]
    return run_s
