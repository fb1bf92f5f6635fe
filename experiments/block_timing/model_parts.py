"""A model in every form that this experiment times: whole, blocks, stages, and both their ends."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from profiler.backends import backend_named
from profiler.backends.interface import Tracer, Value
from profiler.block_timer import BlocksInSequence, Part
from profiler.blocks import Granularity, cut_positions
from profiler.capture import CapturedModel
from profiler.carve import carve
from profiler.devices.cpu import CpuDevice
from profiler.flops import count_flops
from profiler.stage_start import Span, even_spans


@dataclass(frozen=True)
class ModelParts:
    """Runnable parts of one model on one backend, and the tensors that they read."""

    n_blocks: int
    spans: dict[Span, Part]
    """The whole model, every block, the stages, and the two parts around each of their ends."""
    tracer: Tracer | None
    thirds: tuple[Span, ...]
    """The stages from which profiles tell what a stage takes beyond its blocks."""
    values: dict[str, Value]
    """Every tensor that crosses a border of a part."""

    @property
    def whole(self) -> Span:
        """All blocks."""
        return (0, self.n_blocks)

    def blocks(self) -> list[Part]:
        """Every block as a part."""
        return [self.spans[k, k + 1] for k in range(self.n_blocks)]

    def inputs_of(self, span: Span) -> list[Value]:
        """What a part reads."""
        return [self.values[name] for name in self.spans[span].inputs]

    def run(self, span: Span) -> None:
        """Runs a part on what it reads in the whole model."""
        self.spans[span].executable.run(self.inputs_of(span))


def parts_of(
    captured: CapturedModel, backend_name: str, granularity: str, stages: Sequence[Span]
) -> ModelParts:
    """Builds all parts; the values are those of the model's sample input."""
    backend, to_array = backend_named(backend_name), backend_named("torch").to_array
    borders = cut_positions(captured.graph, Granularity(granularity))
    n_blocks = len(borders) - 1
    ends = {end for stage in stages for end in stage} - {0, n_blocks}
    blocks = [(k, k + 1) for k in range(n_blocks)]
    per_op = count_flops(captured).per_op
    thirds = even_spans([sum(per_op[borders[a] : borders[b]]) for a, b in blocks])
    spans = [(0, n_blocks), *blocks, *stages, *thirds]
    spans += [span for end in sorted(ends) for span in ((0, end), (end, n_blocks))]
    carvings = [carve(captured, borders[a], borders[b]) for a, b in spans]
    programs = backend.build(carvings)
    parts = [
        Part(backend.prepare(program, threads=1), carving.inputs, carving.outputs)
        for program, carving in zip(programs, carvings, strict=True)
    ]
    values = {name: backend.to_value(to_array(tensor)) for name, tensor in captured.inputs.items()}
    for part in parts[1 : 1 + n_blocks]:
        outputs = part.executable.run([values[name] for name in part.inputs])
        values.update(zip(part.outputs, outputs, strict=True))
    tracer = backend.tracer(programs[0], programs[1 : 1 + n_blocks], threads=1)
    return ModelParts(n_blocks, dict(zip(spans, parts, strict=True)), tracer, thirds, values)


def random_stages(n_blocks: int, n_stages: int, seed: int) -> list[Span]:
    """So many different runs of blocks, none of which is the whole model."""
    possible = [(a, b) for a in range(n_blocks) for b in range(a + 1, n_blocks + 1)]
    possible.remove((0, n_blocks))
    return sorted(random.Random(seed).sample(possible, min(n_stages, len(possible))))


def in_sequence(parts: ModelParts) -> BlocksInSequence:
    """A timer of the blocks one after another."""
    inputs = {name: parts.values[name] for name in parts.spans[parts.whole].inputs}
    return BlocksInSequence(parts.blocks(), inputs, CpuDevice())
