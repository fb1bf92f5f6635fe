"""Price of a placement under the throughput objective, and the limits that it must hold.

The value is the greatest load of a device: in a full pipeline a sample leaves every so often. An
accelerator's load is its compute, plus the transfer time of each tensor that it sends or receives,
once each, however many operators or devices share it. A processor's load is its compute alone,
because its data lie in the host's memory already.

Source: Tarnawski et al., NeurIPS 2020, section 5: max-load, in the model without overlap of
transfers and compute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from math import fsum

import networkx as nx

from planner.placement.instance import PlacementInstance
from planner.placement.placement import CPU, Placement, is_accelerator

CAP_TOLERANCE = 1e-12
"""Relative; sums of sizes that are no integers round."""


@dataclass(frozen=True)
class Tensor:
    """One operator's output, as far as it can cost anything."""

    transfer_s: float
    ends: frozenset[int]
    """Places of the operator that makes it and of all that read it."""


def tensors(instance: PlacementInstance) -> tuple[Tensor, ...]:
    """Outputs with a reader and a transfer time above zero, in the operators' order."""
    found = []
    for place, operator in enumerate(instance.operators):
        readers = list(instance.graph.successors(place))
        if readers and operator.transfer_s > 0:
            found.append(Tensor(operator.transfer_s, frozenset((place, *readers))))
    return tuple(found)


def is_carried(tensor: Tensor, members: frozenset[int] | set[int]) -> bool:
    """Whether a device with these operators sends or receives the tensor.

    It does if it holds some of the tensor's ends and others hold the rest: it cannot hold two
    readers of a foreign tensor without receiving it, nor its maker without sending it.
    """
    return not tensor.ends.isdisjoint(members) and not tensor.ends <= members


def loads_s(instance: PlacementInstance, placement: Placement) -> dict[str, float]:
    """Load of every device that runs something."""
    outputs = tensors(instance)
    loads = {}
    for device in placement.used_devices():
        members = frozenset(placement.members(device))
        if is_accelerator(device):
            compute = [instance.operators[place].accelerator_s for place in members]
            carried = [tensor.transfer_s for tensor in outputs if is_carried(tensor, members)]
            loads[device] = fsum(compute + carried)
        else:
            loads[device] = fsum(instance.operators[place].cpu_s for place in members)
    return loads


def value_s(instance: PlacementInstance, placement: Placement) -> float:
    """The greatest load of a device."""
    return max(loads_s(instance, placement).values())


def most_bytes(cap_bytes: float) -> float:
    """Greatest total size that counts as within a cap."""
    return cap_bytes * (1 + CAP_TOLERANCE)


def violations(instance: PlacementInstance, placement: Placement) -> tuple[str, ...]:
    """Limits that a placement breaks, one sentence each; empty if it is valid."""
    if len(placement.devices) != len(instance.operators):
        return (
            f"it places {len(placement.devices)} operators; there are {len(instance.operators)}",
        )
    return (
        *_unknown_devices(instance, placement),
        *_unsupported(instance, placement),
        *_over_cap(instance, placement),
        *_split_colours(instance, placement),
        *(tuple(_gaps(instance, placement, backward=False)) or _circles(instance, placement)),
        *_gaps(instance, placement, backward=True),
    )


def _unknown_devices(instance: PlacementInstance, placement: Placement) -> Iterable[str]:
    counts = {True: instance.n_accelerators, False: instance.n_cpus}
    for device in placement.used_devices():
        if device == CPU:
            yield f"{CPU} is no single device: processors are told apart under this objective"
        elif int(device.partition("-")[2]) >= counts[is_accelerator(device)]:
            yield (
                f"there is no {device}: the instance has {instance.n_accelerators} accelerators "
                f"and {instance.n_cpus} CPUs"
            )


def _unsupported(instance: PlacementInstance, placement: Placement) -> Iterable[str]:
    for operator, device in zip(instance.operators, placement.devices, strict=True):
        if is_accelerator(device) and not operator.on_accelerator:
            yield f"operator {operator.id} is on {device} but runs on processors only"


def _over_cap(instance: PlacementInstance, placement: Placement) -> Iterable[str]:
    for device in filter(is_accelerator, placement.used_devices()):
        size = fsum(instance.operators[place].size_bytes for place in placement.members(device))
        if size > most_bytes(instance.cap_bytes):
            yield f"{device} holds {size:,.0f} bytes; its cap is {instance.cap_bytes:,.0f}"


def _split_colours(instance: PlacementInstance, placement: Placement) -> Iterable[str]:
    for members in instance.colour_classes:
        devices = sorted({placement.devices[place] for place in members})
        if len(devices) > 1:
            colour = instance.operators[members[0]].colour
            yield f"colour {colour} is split over {' and '.join(devices)}"


def _gaps(instance: PlacementInstance, placement: Placement, *, backward: bool) -> Iterable[str]:
    """Paths that leave a device and come back, among the forward or the backward operators."""
    if not any(operator.backward is backward for operator in instance.operators):
        return
    before = _pass_edges(instance, backward=backward)
    number = {device: index for index, device in enumerate(placement.used_devices())}
    own = [1 << number[device] for device in placement.devices]
    upstream: dict[int, int] = {}
    told: set[str] = set()
    for place in TopologicalSorter(before).static_order():
        upstream[place] = own[place]
        for earlier in before.get(place, ()):
            upstream[place] |= upstream[earlier]
            device = placement.devices[place]
            returns = own[earlier] != own[place] and upstream[earlier] & own[place]
            if returns and device not in told:
                told.add(device)
                yield (
                    f"{device} is not contiguous: a path leaves it and returns by operator "
                    f"{instance.operators[earlier].id} to {instance.operators[place].id}"
                )


def _circles(instance: PlacementInstance, placement: Placement) -> Iterable[str]:
    """Devices that feed each other in a circle in the forward pass."""
    devices = placement.devices
    between = nx.DiGraph()
    for target, sources in _pass_edges(instance, backward=False).items():
        between.add_edges_from(
            (devices[source], devices[target])
            for source in sources
            if devices[source] != devices[target]
        )
    for component in sorted(map(sorted, nx.strongly_connected_components(between))):
        if len(component) > 1:
            yield f"{', '.join(component)} feed each other in a circle"


def _pass_edges(instance: PlacementInstance, *, backward: bool) -> dict[int, list[int]]:
    """Operators of one pass directly before each one of it."""
    before: dict[int, list[int]] = {}
    for source, target in sorted(instance.edges):
        ends = instance.operators[source].backward, instance.operators[target].backward
        if ends == (backward, backward):
            before.setdefault(target, []).append(source)
    return before
