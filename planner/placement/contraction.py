"""Contraction: merging blocks that some best placement keeps together.

Two rules, each with its proof:

* *Free blocks.* A block n without compute time may join its neighbour m, if m is after all that
  comes before n (or before all that comes after n), n takes no memory that could be short, and m's
  device can run n. Moving n to m's device costs either device at most the tensors that touch n and
  not m; it saves both of them the tensors between n and m alone. So it never hurts if the latter
  take at least as long as the former, and the order of the devices still holds.
* *Tensors too dear to carry.* If splitting the ends of a tensor would cost some device at least
  the best value known, then no better placement splits them: they are one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from planner.placement.blocks import Blocks, merged
from planner.placement.ideals import successors
from planner.placement.instance import PlacementInstance


def without_free_blocks(
    instance: PlacementInstance, blocks: Blocks, *, mirror_all: bool, any_size: bool = False
) -> Blocks:
    """Blocks after merging every free block that the first rule covers.

    With `any_size` memory is left out of account, and a split of the blocks is only known to be
    as good as any if no cap binds.
    """
    ample = any_size or float(blocks.size_bytes.sum()) <= instance.cap_bytes
    while pairs := list(_free_pairs(blocks, memory_is_ample=ample)):
        blocks = _joined(instance, blocks, pairs, mirror_all=mirror_all)
    return blocks


def without_dear_tensors(
    instance: PlacementInstance, blocks: Blocks, value_s: float, *, mirror_all: bool
) -> Blocks:
    """Blocks after merging the ends of tensors that no placement below a value can carry."""
    while groups := _dear_groups(instance, blocks, value_s):
        blocks = _joined(instance, blocks, groups, mirror_all=mirror_all)
    return blocks


def _joined(
    instance: PlacementInstance,
    blocks: Blocks,
    groups: list[tuple[int, ...]],
    *,
    mirror_all: bool,
) -> Blocks:
    operators = [
        tuple(place for block in group for place in blocks.members[block]) for group in groups
    ]
    return merged(instance, [*blocks.members, *operators], mirror_all=mirror_all)


def _free_pairs(blocks: Blocks, *, memory_is_ample: bool) -> Iterator[tuple[int, ...]]:
    """Pairs of a free block and the neighbour it joins.

    In one round no block both joins and is joined. Joins to one host do not disturb each other:
    they add nothing to what the others put at risk, and the host only gains ancestors.
    """
    touching: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in blocks.members]
    for tensor in blocks.tensors:
        for block in tensor[1]:
            touching[block].append(tensor)
    ancestors, after = blocks.ancestors(), successors(blocks.before)
    hosts: set[int] = set()
    moved: set[int] = set()
    for block in range(len(blocks)):
        free = blocks.accelerator_s[block] == 0 == blocks.cpu_s[block]
        light = memory_is_ample or blocks.size_bytes[block] == 0
        if block in hosts or not free or not light:
            continue
        for other in _hosts(blocks, block, ancestors, after[block]):
            runs = blocks.on_accelerator[block] or not blocks.on_accelerator[other]
            if other not in moved and runs and _exposed_s(touching[block], block, other) <= 0:
                hosts.add(other)
                moved.add(block)
                yield block, other
                break


def _hosts(blocks: Blocks, block: int, ancestors: list[int], after: list[int]) -> Iterator[int]:
    """Blocks that one may join without a break of the order."""
    before = blocks.before[block]
    if before:
        last = before.bit_length() - 1
        if before & ~(ancestors[last] | 1 << last) == 0:
            yield last
    if after:
        first = after[0]
        if all(later == first or ancestors[later] >> first & 1 for later in after):
            yield first
    if not before and not after:
        yield from (other for other in range(len(blocks)) if other != block)


def _exposed_s(touching: list[tuple[float, tuple[int, ...]]], block: int, other: int) -> float:
    """How much longer the devices' transfers could get if a block moves to another's device."""
    between = {block, other}
    risked = fsum(transfer_s for transfer_s, ends in touching if other not in ends)
    saved = fsum(transfer_s for transfer_s, ends in touching if between.issuperset(ends))
    return risked - saved


def _dear_groups(
    instance: PlacementInstance, blocks: Blocks, value_s: float
) -> list[tuple[int, ...]]:
    """Ends of tensors that every placement below the value leaves on one device.

    Every device with some but not all ends carries the tensor, if it is an accelerator. So an end
    has no place that is too slow on a processor and, together with the transfer, on an
    accelerator; and if all ends are barred from accelerators, they share the only processor.
    """
    groups = []
    for transfer_s, ends in blocks.tensors:
        barred = [
            not blocks.on_accelerator[end] or blocks.accelerator_s[end] + transfer_s >= value_s
            for end in ends
        ]
        slow = [instance.n_cpus == 0 or blocks.cpu_s[end] >= value_s for end in ends]
        stuck = any(a and b for a, b in zip(barred, slow, strict=True))
        if stuck or (instance.n_cpus <= 1 and all(barred)):
            groups.append(ends)
    return groups
