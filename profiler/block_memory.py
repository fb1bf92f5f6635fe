"""What each block adds to the memory of a worker process, from processes that hold some of them.

Few blocks are measured one by one, many in groups of neighbours: a group's memory beyond its
weights is shared out by operators, and what it takes for a while counts for each of its blocks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn

from profiler.backends.interface import Backend, Program
from profiler.blocks import Block
from profiler.capture import CapturedModel, capture
from profiler.carve import Carving, carve
from profiler.footprint import Footprint, FootprintJob, Spec, measure_footprints
from profiler.graph import ModelGraph
from profiler.liveness import crossing_tensors, live_bytes
from profiler.profile_records import Runtime
from profiler.sources import ModelSource

MARGIN_RATIO = 0.02
MARGIN_BYTES = 2 * 2**20
"""Measured processes differ. Both are first guesses, not yet checked against many real workers."""


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
        parts: carvings with their programs, one for each of `groups_of` among them.
        threads: of a worker.

    Raises:
        BackendError: a part cannot be loaded or run in a process of its own.
    """
    identity = capture(ModelSource("base", nn.ReLU(), (torch.zeros(1),)))
    empty = carve(identity, 0, 1)
    groups = groups_of(blocks, backend)
    by_span = {(part.start, part.stop): (part, program) for part, program in parts}
    wanted = [by_span[blocks[start].start, blocks[stop - 1].stop] for start, stop in groups]
    every = [(empty, backend.build([empty])[0]), *wanted]
    base, *found = _footprints(every, backend, threads)
    memory = [
        block_memory
        for (start, stop), footprint in zip(groups, found, strict=True)
        for block_memory in share_out(
            captured.graph,
            blocks[start:stop],
            footprint,
            base=base,
            one_by_one=backend.loads_one_by_one,
        )
    ]
    base_bytes = max(base.loading_bytes, base.loaded_bytes, base.running_bytes)
    runtime = Runtime(base_bytes=base_bytes, margin_ratio=MARGIN_RATIO, margin_bytes=MARGIN_BYTES)
    return runtime, memory


def share_out(
    graph: ModelGraph,
    group: Sequence[Block],
    footprint: Footprint,
    *,
    base: Footprint,
    one_by_one: bool,
) -> list[BlockMemory]:
    """What each block of a group adds to a process.

    A weight never counts less than its bytes: where a runtime maps it from the stage file, the
    kernel may drop it, but only to read it from disk again.

    Args:
        graph: of the model.
        group: neighbours.
        footprint: of a process that holds the group.
        base: of a process that holds a stage without weights.
        one_by_one: whether the runtime loads weight after weight, all in one way, so that a block
            needs as much less for loading as its largest weight is smaller.
    """
    start, stop = group[0].start, group[-1].stop
    tensor, largest = graph.tensor, _largest_weight_bytes(graph, start, stop)
    received = sum(tensor[name].n_bytes for name in crossing_tensors(graph)[start])
    live = live_bytes(graph)
    kept = footprint.loaded_bytes - base.loaded_bytes - _weight_bytes(graph, start, stop)
    beside = max(kept, 0)
    busy = footprint.running_bytes - footprint.loaded_bytes - received - max(live[start:stop])
    loading = footprint.loading_bytes - footprint.loaded_bytes
    return [
        BlockMemory(
            resident_bytes=_weight_bytes(graph, block.start, block.stop)
            + -(-beside * (block.stop - block.start) // (stop - start)),
            workspace_bytes=max(busy, 0),
            load_bytes=max(loading, 0)
            if not one_by_one
            else -(
                -max(loading, 0)
                * _largest_weight_bytes(graph, block.start, block.stop)
                // max(largest, 1)
            ),
        )
        for block in group
    ]


def _weight_bytes(graph: ModelGraph, start: int, stop: int) -> int:
    names = dict.fromkeys(name for op in graph.ops[start:stop] for name in op.parameters)
    return sum(graph.parameter[name].n_bytes for name in names)


def _largest_weight_bytes(graph: ModelGraph, start: int, stop: int) -> int:
    names = {name for op in graph.ops[start:stop] for name in op.parameters}
    return max((graph.parameter[name].n_bytes for name in names), default=0)


def _footprints(
    parts: Sequence[tuple[Carving, Program]], backend: Backend, threads: int
) -> list[Footprint]:
    with tempfile.TemporaryDirectory(prefix="partway-") as folder:
        jobs = []
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
