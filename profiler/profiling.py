"""Profiling: a captured model, a granularity and a backend become a Profile."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version

from profiler.backends import backend_named
from profiler.backends.interface import Backend, Value
from profiler.block_memory import BlockMemory, groups_of, groups_to_build, measure_blocks
from profiler.block_timer import BlocksInSequence, BlocksInWhole, BlockTimer, Part
from profiler.blocks import Block, Granularity, blocks_between, check_positions, cut_positions
from profiler.capture import CapturedModel
from profiler.carve import Carving, carve
from profiler.cuts import cuts_at
from profiler.devices import device_named
from profiler.errors import BackendError
from profiler.flops import OpFlops, count_flops
from profiler.graph import ModelGraph
from profiler.liveness import live_bytes
from profiler.measure import BlockTimings, Forms, Stages, time_blocks
from profiler.process import pin_allocator
from profiler.profile_options import ProfileOptions
from profiler.profile_records import (
    Attribution,
    BlockCost,
    Environment,
    FlopCount,
    Profile,
    Provenance,
    SharedWeight,
)
from profiler.reference import time_reference
from profiler.stage_start import Span, even_spans

_PACKAGES = {"torch": ("torch",), "onnx": ("onnxruntime", "torch")}
"""Packages whose versions a backend's numbers depend on."""


def profile(
    captured: CapturedModel,
    options: ProfileOptions,
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> Profile:
    """Measures every block of a captured model on this machine.

    Args:
        captured: the model; its sample input fixes the input shape.
        options: backend, blocks, device, threads and rounds.
        on_step: told what is being done, for a progress display.

    Raises:
        GranularityError: cuts that the model does not have.
        BackendError: the backend cannot express or run the model here.
    """
    backend = check_options(options)
    allocator = pin_allocator()
    graph = captured.graph
    positions = _positions(graph, options)
    blocks = blocks_between(graph, positions)
    on_step("counting FLOPs")
    flops = count_flops(captured)
    on_step(f"building {len(blocks)} blocks for {backend.name}")
    carvings = [carve(captured, block.start, block.stop) for block in blocks]
    spans = even_spans([sum(flops.per_op[block.start : block.stop]) for block in blocks])
    stages = [carve(captured, blocks[a].start, blocks[b - 1].stop) for a, b in spans]
    parts = [carve(captured, 0, len(graph.ops)), *carvings, *stages]
    n_timed = len(parts)
    parts += groups_to_build(captured, blocks, parts, backend)
    programs = backend.build(parts)
    reference = time_reference()
    timings = _time(captured, parts[:n_timed], programs[:n_timed], spans, options, on_step)
    on_step("measuring a worker's memory")
    built = list(zip(parts, programs, strict=True))
    runtime, memory = measure_blocks(captured, blocks, backend, built, threads=options.threads)
    return Profile(
        backend=backend.name,
        granularity="cuts" if options.cuts is not None else options.granularity.value,
        graph=graph,
        blocks=_block_costs(graph, blocks, flops, timings, memory),
        cuts=cuts_at(graph, positions),
        stage_positions=cut_positions(graph, Granularity.STAGE),
        shared=_shared(graph, blocks),
        runtime=runtime,
        whole=timings.whole,
        flops=_flop_count(captured, blocks, flops, timings),
        environment=_environment(options, allocator).model_copy(update={"reference": reference}),
        provenance=_PROVENANCE | memory_provenance(blocks, backend),
    )


def check_options(options: ProfileOptions) -> Backend:
    """The backend to profile, if it and the device can be used here.

    Raises:
        BackendError: they cannot, or not together.
    """
    backend = backend_named(options.backend)
    device = device_named(options.device)
    if backend.name == "onnx" and device.name != "cpu":
        raise BackendError(
            f"the onnx backend is profiled on the cpu only, not on {device.name}: use the torch "
            "backend there"
        )
    return backend


_PROVENANCE = {
    "latency": Provenance.MEASURED,
    "whole": Provenance.MEASURED,
    "whole.stage_start_s": Provenance.ESTIMATED,
    "runtime.margin_ratio": Provenance.ESTIMATED,
    "runtime.margin_bytes": Provenance.ESTIMATED,
    "flops": Provenance.COMPUTED,
    "weight_bytes": Provenance.COMPUTED,
    "peak_live_bytes": Provenance.COMPUTED,
    "cuts": Provenance.COMPUTED,
}


def memory_provenance(blocks: Sequence[Block], backend: Backend) -> dict[str, Provenance]:
    """Of memory: groups of blocks are shared out, and gaps are added to workspace.

    What every process has once is told from how much more groups keep than the whole model.
    """
    n_groups = len(groups_of(blocks, backend))
    alone = n_groups == len(blocks)
    told = Provenance.MEASURED if alone else Provenance.ESTIMATED
    return {
        "runtime.base_bytes": Provenance.MEASURED if n_groups == 1 else Provenance.ESTIMATED,
        "resident_bytes": told,
        "load_bytes": told,
        "workspace_bytes": Provenance.ESTIMATED if backend.gap_ratio else told,
    }


def _positions(graph: ModelGraph, options: ProfileOptions) -> tuple[int, ...]:
    if options.cuts is not None:
        return check_positions(graph, options.cuts)
    return cut_positions(graph, options.granularity)


def _time(
    captured: CapturedModel,
    carvings: Sequence[Carving],
    programs: Sequence[object],
    spans: Sequence[Span],
    options: ProfileOptions,
    on_step: Callable[[str], None],
) -> BlockTimings:
    """Times the blocks: carvings and programs are of the whole model, all blocks, and all spans."""
    backend, device = backend_named(options.backend), device_named(options.device)
    n_blocks = len(carvings) - 1 - len(spans)
    on_step(f"preparing {n_blocks} blocks")
    whole, *parts = (
        _part(backend, carving, program, options)
        for carving, program in zip(carvings, programs, strict=True)
    )
    blocks, stages = parts[:n_blocks], parts[n_blocks:]
    values = _values(captured, backend, options.device)
    timer: BlockTimer
    if options.attribution is Attribution.TRACE:
        tracer = backend.tracer(programs[0], programs[1 : 1 + n_blocks], threads=options.threads)
        if tracer is None:
            raise BackendError(
                f"the backend {backend.name} has no trace of its operators: time the blocks in "
                "sequence"
            )
        timer = BlocksInWhole(tracer, [values[name] for name in whole.inputs])
    else:
        timer = BlocksInSequence(blocks, values, device)
    rested = BlocksInSequence(stages, values, device, rest_s=options.rounds.rest_s)
    return time_blocks(
        Forms(timer, whole, Stages(rested, spans) if spans else None),
        values,
        device=device,
        rounds=options.rounds,
        on_round=lambda done, most: on_step(f"timing blocks in context, round {done} of {most}"),
    )


def _part(backend: Backend, carving: Carving, program: object, options: ProfileOptions) -> Part:
    executable = backend.prepare(program, threads=options.threads, device=options.device)
    return Part(executable, carving.inputs, carving.outputs)


def _values(captured: CapturedModel, backend: Backend, device: str) -> dict[str, Value]:
    torch_backend = backend_named("torch")
    return {
        name: backend.to_value(torch_backend.to_array(tensor), device=device)
        for name, tensor in captured.inputs.items()
    }


def _block_costs(
    graph: ModelGraph,
    blocks: Sequence[Block],
    flops: OpFlops,
    timings: BlockTimings,
    memory: Sequence[BlockMemory],
) -> tuple[BlockCost, ...]:
    live = live_bytes(graph)
    return tuple(
        BlockCost(
            name=block.name,
            op_start=block.start,
            op_stop=block.stop,
            flops=sum(flops.per_op[block.start : block.stop]),
            weight_bytes=sum(graph.parameter[name].n_bytes for name in _weights(graph, block)),
            latency=latency,
            peak_live_bytes=max(live[block.start : block.stop]),
            **asdict(measured),
        )
        for block, latency, measured in zip(blocks, timings.blocks, memory, strict=True)
    )


def _weights(graph: ModelGraph, block: Block) -> dict[str, None]:
    """Names of the parameters that a block reads, each once."""
    ops = graph.ops[block.start : block.stop]
    return dict.fromkeys(name for op in ops for name in op.parameters)


def _shared(graph: ModelGraph, blocks: Sequence[Block]) -> tuple[SharedWeight, ...]:
    readers: dict[str, list[int]] = {}
    for index, block in enumerate(blocks):
        for name in _weights(graph, block):
            readers.setdefault(name, []).append(index)
    return tuple(
        SharedWeight(name=name, n_bytes=graph.parameter[name].n_bytes, blocks=tuple(indexes))
        for name, indexes in readers.items()
        if len(indexes) > 1
    )


def _flop_count(
    captured: CapturedModel, blocks: Sequence[Block], flops: OpFlops, timings: BlockTimings
) -> FlopCount:
    pairs = list(zip(blocks, timings.blocks, strict=True))
    total_s = sum(latency.median_s for _, latency in pairs)
    unpriced_s = sum(
        latency.median_s
        for block, latency in pairs
        if any(flops.unpriced[block.start : block.stop])
    )
    return FlopCount(
        total=sum(flops.per_op),
        fvcore_total=flops.fvcore_total,
        unpriced=flops.unpriced_targets(captured),
        unpriced_latency_share=unpriced_s / total_s if total_s else 0.0,
    )


def _environment(options: ProfileOptions, allocator: str) -> Environment:
    return Environment(
        machine=platform.platform(),
        processor=device_named(options.device).description(),
        device=options.device,
        threads=options.threads,
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES[options.backend]},
        allocator=allocator,
    )
