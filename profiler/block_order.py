"""Blocks of a model that branches, in another order: another chain of the same blocks.

An order lists every block once, by its place in the profile, each after those that it depends on.
The operators inside a block keep their order and are never interleaved with another block's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from profiler.cuts import cuts_at
from profiler.errors import OrderError
from profiler.graph import ModelGraph
from profiler.liveness import live_bytes
from profiler.op_order import graph_in_order
from profiler.profile_records import BlockCost, Profile, Provenance, SharedWeight


@dataclass(frozen=True)
class BlockDag:
    """Which block reads what another one made."""

    before: tuple[tuple[int, ...], ...]
    """Blocks whose tensors each block reads itself, ascending; all are smaller than the block."""

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.before)

    @cached_property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """Blocks that read each block's tensors themselves, ascending."""
        readers: list[list[int]] = [[] for _ in self.before]
        for block, makers in enumerate(self.before):
            for maker in makers:
                readers[maker].append(block)
        return tuple(tuple(blocks) for blocks in readers)

    @property
    def is_chain(self) -> bool:
        """Whether the program's order is the only one: every block reads from the one before."""
        return all(block in self.before[block + 1] for block in range(self.n_blocks - 1))


def block_dag(profile: Profile) -> BlockDag:
    """The dependences between the blocks of a profile."""
    maker = {
        name: index
        for index, block in enumerate(profile.blocks)
        for op in profile.graph.ops[block.op_start : block.op_stop]
        for name in op.outputs
    }
    before = []
    for index, block in enumerate(profile.blocks):
        ops = profile.graph.ops[block.op_start : block.op_stop]
        found = {maker[name] for op in ops for name in op.inputs if name in maker}
        before.append(tuple(sorted(found - {index})))
    return BlockDag(tuple(before))


def op_order_of(profile: Profile, order: Sequence[int]) -> tuple[int, ...]:
    """The operators' order that belongs to an order of blocks; empty for the program's own.

    Raises:
        OrderError: not every block once, or one before another that it depends on.
    """
    _check(profile, order)
    blocks = [profile.blocks[index] for index in order]
    ops = tuple(place for block in blocks for place in range(block.op_start, block.op_stop))
    return () if ops == tuple(range(len(ops))) else ops


def reordered(profile: Profile, order: Sequence[int]) -> Profile:
    """The profile of the same model, run in another order of its blocks.

    Crossing tensors, live bytes and the graph's identity are those of the new order. Latencies
    and the runtime's memory are the old ones: they were measured in the program's order, so in
    another one the latency counts as estimated. A position where a person would cut stays only if
    the same operators are before it.

    Raises:
        OrderError: not every block once, or one before another that it depends on.
    """
    ops = op_order_of(profile, order)
    if not ops:
        return profile
    graph = graph_in_order(profile.graph, ops)
    blocks = _blocks(profile, order, graph)
    place = {old: new for new, old in enumerate(order)}
    return profile.model_copy(
        update={
            "graph": graph,
            "blocks": blocks,
            "cuts": cuts_at(graph, (0, *(block.op_stop for block in blocks))),
            "stage_positions": _kept_positions(profile.stage_positions, ops),
            "shared": tuple(_moved(weight, place) for weight in profile.shared),
            "provenance": {**profile.provenance, "latency": Provenance.ESTIMATED},
        }
    )


def _check(profile: Profile, order: Sequence[int]) -> None:
    n_blocks = len(profile.blocks)
    if sorted(order) != list(range(n_blocks)):
        raise OrderError(
            f"the order {tuple(order)} is not the {n_blocks} blocks of {profile.graph.model}, "
            f"each once: list each from 0 to {n_blocks - 1}"
        )
    place = {block: index for index, block in enumerate(order)}
    for block, makers in enumerate(block_dag(profile).before):
        for maker in makers:
            if place[maker] > place[block]:
                raise OrderError(
                    f"the order has block {block} ({profile.blocks[block].name}) before block "
                    f"{maker} ({profile.blocks[maker].name}), whose result it reads: list every "
                    "block after those that it depends on"
                )


def _blocks(profile: Profile, order: Sequence[int], graph: ModelGraph) -> tuple[BlockCost, ...]:
    live = live_bytes(graph)
    old = [profile.blocks[index] for index in order]
    stops = list(accumulate(block.op_stop - block.op_start for block in old))
    starts = [0, *stops[:-1]]
    return tuple(
        block.model_copy(
            update={"op_start": start, "op_stop": stop, "peak_live_bytes": max(live[start:stop])}
        )
        for block, start, stop in zip(old, starts, stops, strict=True)
    )


def _kept_positions(positions: Sequence[int], ops: Sequence[int]) -> tuple[int, ...]:
    """Positions that have the same operators before them in the new order as in the old one."""
    furthest = [-1, *accumulate(ops, max)]
    return tuple(position for position in positions if furthest[position] == position - 1)


def _moved(weight: SharedWeight, place: dict[int, int]) -> SharedWeight:
    return weight.model_copy(update={"blocks": tuple(sorted(place[b] for b in weight.blocks))})
