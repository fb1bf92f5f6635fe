"""What each block adds to the memory of a worker process, from processes that hold some of them.

Few blocks are measured one by one, many in groups of neighbours: what a group keeps beside its
weights is shared out by them, and each of its blocks may be the one that takes the most.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

from profiler.backends.interface import Backend, Program
from profiler.blocks import Block
from profiler.capture import CapturedModel
from profiler.carve import Carving, carve
from profiler.footprint import Footprint, FootprintJob, Spec, measure_footprints
from profiler.graph import ModelGraph
from profiler.liveness import crossing_tensors, live_bytes
from profiler.profile_records import Runtime

MARGIN_RATIO = 0.02
"""Of everything, beside the bytes by which a backend's processes differ."""


@dataclass(frozen=True)
class BlockMemory:
    """What a block adds to a process; see the fields of `BlockCost`."""

    resident_bytes: int
    workspace_bytes: int
    load_bytes: int


def groups_of(blocks: Sequence[Block], backend: Backend) -> list[tuple[int, int]]:
    """Ranges [start, stop) of blocks that are measured together: as even as they can be."""
    n_blocks = len(blocks)
    n_groups = min(n_blocks, backend.memory_groups)
    return list(pairwise(n_blocks * group // n_groups for group in range(n_groups + 1)))


def groups_to_build(
    captured: CapturedModel, blocks: Sequence[Block], built: Sequence[Carving], backend: Backend
) -> list[Carving]:
    """The groups to measure that are none of the parts that are built anyway."""
    spans = {(part.start, part.stop) for part in built}
    wanted = [
        (blocks[start].start, blocks[stop - 1].stop) for start, stop in groups_of(blocks, backend)
    ]
    return [carve(captured, *span) for span in wanted if span not in spans]


def measure_blocks(
    captured: CapturedModel,
    blocks: Sequence[Block],
    backend: Backend,
    parts: Sequence[tuple[Carving, Program]],
    *,
    threads: int,
) -> tuple[Runtime, list[BlockMemory]]:
    """The memory of a worker without weights, and what every block adds to it.

    Args:
        captured: the model.
        blocks: all of it.
        backend: what runs the parts.
        parts: carvings with their programs, the whole and each of `groups_of` among them.
        threads: of a worker.

    Raises:
        BackendError: a part cannot be loaded or run in a process of its own.
    """
    groups = groups_of(blocks, backend)
    by_span = {(part.start, part.stop): (part, program) for part, program in parts}
    spans = [(blocks[start].start, blocks[stop - 1].stop) for start, stop in groups]
    wanted = [by_span[span] for span in [(0, len(captured.graph.ops)), *spans]]
    base, whole, *found = _footprints(wanted, backend, threads)
    base, memory = memory_of_blocks(
        captured.graph,
        [blocks[start:stop] for start, stop in groups],
        found,
        whole=whole,
        base=base,
        backend=backend,
    )
    base_bytes = max(base.loading_bytes, base.loaded_bytes, base.running_bytes)
    runtime = Runtime(
        base_bytes=base_bytes, margin_ratio=MARGIN_RATIO, margin_bytes=backend.margin_bytes
    )
    return runtime, memory


def memory_of_blocks(
    graph: ModelGraph,
    groups: Sequence[Sequence[Block]],
    found: Sequence[Footprint],
    *,
    whole: Footprint,
    base: Footprint,
    backend: Backend,
) -> tuple[Footprint, list[BlockMemory]]:
    """A process before any block, and what every block adds to it.

    Together they are no less than what a process with any of the groups took, or with all.

    Args:
        graph: of the model.
        groups: neighbours each, in order; all blocks of the model.
        found: of processes that hold one group each.
        whole: of a process that holds all of them.
        base: of a process that holds a stage without weights.
        backend: what ran them.
    """
    once = _once_bytes(graph, groups, found, whole=whole, base=base)
    started = Footprint(*(n_bytes + once for n_bytes in astuple(base)))
    memory = [
        block_memory
        for group, footprint in zip(groups, found, strict=True)
        for block_memory in share_out(graph, group, footprint, base=started, backend=backend)
    ]
    blocks = [block for group in groups for block in group]
    return started, fitted_to_whole(graph, blocks, memory, whole, base=started)


def _once_bytes(
    graph: ModelGraph,
    groups: Sequence[Sequence[Block]],
    found: Sequence[Footprint],
    *,
    whole: Footprint,
    base: Footprint,
) -> int:
    """What a process keeps once beside weights, however many blocks it holds.

    Each of n groups brought it, and all blocks together bring it once: n - 1 times less.
    """
    kept = [
        _beside_weights(graph, group[0].start, group[-1].stop, footprint, base=base)
        for group, footprint in zip(groups, found, strict=True)
    ]
    together = _beside_weights(graph, 0, len(graph.ops), whole, base=base)
    return max(sum(kept) - together, 0) // max(len(groups) - 1, 1)


def share_out(
    graph: ModelGraph,
    group: Sequence[Block],
    footprint: Footprint,
    *,
    base: Footprint,
    backend: Backend,
) -> list[BlockMemory]:
    """What each block of a group adds to a process: at its peaks, no less than what was seen.

    A weight never counts less than its bytes, whatever the runtime makes of it. What is kept beside
    weights is shared out by them: copies of weights are the largest part of it.

    Args:
        graph: of the model.
        group: neighbours.
        footprint: of a process that holds the group.
        base: of a process before any block.
        backend: what ran it. If it loads in place, what that takes for a while is the same early
            and late. Else the peak may be that of any block, loaded before the others.
    """
    start, stop = group[0].start, group[-1].stop
    received = sum(graph.tensor[name].n_bytes for name in crossing_tensors(graph)[start])
    live = live_bytes(graph)
    beside = max(_beside_weights(graph, start, stop, footprint, base=base), 0)
    running = footprint.running_bytes - footprint.loaded_bytes - received
    memory = []
    for block, share in zip(group, _shares(beside, graph, group), strict=True):
        resident = _weight_bytes(graph, block.start, block.stop) + share
        before = footprint.loaded_bytes if backend.loads_in_place else base.loaded_bytes + resident
        alive = max(live[block.start : block.stop])
        memory.append(
            BlockMemory(
                resident_bytes=resident,
                workspace_bytes=max(running - alive, ceil(backend.gap_ratio * alive)),
                load_bytes=max(footprint.loading_bytes - before, 0),
            )
        )
    return memory


def fitted_to_whole(
    graph: ModelGraph,
    blocks: Sequence[Block],
    memory: Sequence[BlockMemory],
    whole: Footprint,
    *,
    base: Footprint,
) -> list[BlockMemory]:
    """The same, such that all blocks together are given no less than the model took.

    What only the model kept is shared out by weights, for none can be told to have kept it.

    Allocators leave gaps, and runtimes keep something for every kernel that has run or loaded. How
    much of it a stage meets is not known: every block has as much of it as it has of the most.

    Args:
        graph: of the model.
        blocks: all of it.
        memory: of the blocks.
        whole: of a process that holds all of them.
        base: of a process before any block.
    """
    live = live_bytes(graph)
    together = base.loaded_bytes + _weight_bytes(graph, 0, len(graph.ops))
    for block, own in zip(blocks, memory, strict=True):
        together += own.resident_bytes - _weight_bytes(graph, block.start, block.stop)
    kept = _shares(max(whole.loaded_bytes - together, 0), graph, blocks)
    loads = [own.load_bytes for own in memory]
    loading = whole.loading_bytes - max(together, whole.loaded_bytes) - max(loads)
    received = sum(graph.tensor[name].n_bytes for name in graph.inputs)
    runs = [
        max(live[block.start : block.stop]) + own.workspace_bytes
        for block, own in zip(blocks, memory, strict=True)
    ]
    running = whole.running_bytes - whole.loaded_bytes - received - max(runs)
    added = zip(kept, _in_proportion(running, runs), _in_proportion(loading, loads), strict=True)
    return [
        BlockMemory(
            resident_bytes=own.resident_bytes + resident,
            workspace_bytes=own.workspace_bytes + workspace,
            load_bytes=own.load_bytes + load,
        )
        for own, (resident, workspace, load) in zip(memory, added, strict=True)
    ]


def _beside_weights(
    graph: ModelGraph, start: int, stop: int, footprint: Footprint, *, base: Footprint
) -> int:
    """What a process keeps beside weights; negative if it leaves some of them in their file."""
    return footprint.loaded_bytes - base.loaded_bytes - _weight_bytes(graph, start, stop)


def _shares(n_bytes: int, graph: ModelGraph, blocks: Sequence[Block]) -> list[int]:
    """Bytes shared out by the blocks' weights, or by operators if they have none; rounded up."""
    sizes = [_weight_bytes(graph, block.start, block.stop) for block in blocks]
    if not any(sizes):
        sizes = [block.stop - block.start for block in blocks]
    return [-(-n_bytes * size // sum(sizes)) for size in sizes]


def _in_proportion(more: int, taken: Sequence[int]) -> list[int]:
    """Bytes to add to all, such that the most grows by `more` if that is positive; rounded up."""
    most = max(taken)
    return [-(-max(more, 0) * own // most) if most else max(more, 0) for own in taken]


def _weight_bytes(graph: ModelGraph, start: int, stop: int) -> int:
    names = dict.fromkeys(name for op in graph.ops[start:stop] for name in op.parameters)
    return sum(graph.parameter[name].n_bytes for name in names)


def _footprints(
    parts: Sequence[tuple[Carving, Program]], backend: Backend, threads: int
) -> list[Footprint]:
    """Of a process that holds a stage without weights, and of one for each of the parts."""
    with tempfile.TemporaryDirectory(prefix="partway-") as folder:
        base = Path(folder) / f"base{backend.suffix}"
        backend.save(backend.weightless(), base)
        jobs = [FootprintJob(str(base), (("float32", (1,)),), (0,))]
        for number, (part, program) in enumerate(parts):
            path = Path(folder) / f"stage{number}{backend.suffix}"
            backend.save(program, path)
            jobs.append(_job(part, path))
        return measure_footprints(backend.name, threads, jobs)


def _job(part: Carving, path: Path) -> FootprintJob:
    graph = part.captured.graph
    names = crossing_tensors(graph)[part.start]
    received: tuple[Spec, ...] = tuple(
        (graph.tensor[name].dtype, graph.tensor[name].shape) for name in names
    )
    return FootprintJob(str(path), received, tuple(names.index(name) for name in part.inputs))
