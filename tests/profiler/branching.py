"""Profiles of models that branch, made by hand, and a generator of random ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from profiler.block_order import BlockDag
from profiler.cuts import cuts_at
from profiler.graph import ModelGraph, Op, ParameterSpec, TensorSpec
from profiler.liveness import live_bytes
from profiler.profile_records import (
    BlockCost,
    Environment,
    FlopCount,
    Profile,
    Provenance,
    Runtime,
    SharedWeight,
    Timing,
    Whole,
)


def timing(seconds: float) -> Timing:
    """A measurement that came out the same five times."""
    return Timing(median_s=seconds, p10_s=seconds, p90_s=seconds, n=5)


def make_op(name: str, inputs: Sequence[str], outputs: Sequence[str], weights=()) -> Op:
    """An operator without a module."""
    return Op(
        name=name,
        target="op",
        modules=(),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        parameters=tuple(weights),
        arguments="",
    )


def make_tensor(name: str, n_bytes: int, storage: str = "") -> TensorSpec:
    """A tensor of bytes; a view names the tensor that owns its memory and is as large."""
    return TensorSpec(
        name=name,
        shape=(n_bytes,),
        dtype="int8",
        n_bytes=n_bytes,
        storage=storage or name,
        storage_bytes=n_bytes,
    )


def make_profile(
    graph: ModelGraph,
    borders: Sequence[int],
    times_s: Sequence[float],
    *,
    stage_positions: Sequence[int] = (),
) -> Profile:
    """The profile of a hand-made graph whose blocks lie between the borders."""
    live = live_bytes(graph)
    ranges = list(pairwise(borders))
    names = [
        dict.fromkeys(name for op in graph.ops[start:stop] for name in op.parameters)
        for start, stop in ranges
    ]
    readers = {
        spec.name: [i for i, n in enumerate(names) if spec.name in n] for spec in graph.parameters
    }
    return Profile(
        backend="torch",
        granularity="cuts",
        graph=graph,
        blocks=tuple(
            BlockCost(
                name=f"block{index}",
                op_start=start,
                op_stop=stop,
                flops=0,
                weight_bytes=sum(graph.parameter[name].n_bytes for name in names[index]),
                latency=timing(seconds),
                peak_live_bytes=max(live[start:stop]),
                resident_bytes=sum(graph.parameter[name].n_bytes for name in names[index]),
                workspace_bytes=3 * (index % 2),
                load_bytes=7 * index,
            )
            for index, ((start, stop), seconds) in enumerate(zip(ranges, times_s, strict=True))
        ),
        cuts=cuts_at(graph, borders),
        stage_positions=tuple(stage_positions),
        shared=tuple(
            SharedWeight(
                name=name, n_bytes=graph.parameter[name].n_bytes, blocks=tuple(blocks)
            )
            for name, blocks in readers.items()
            if len(blocks) > 1
        ),
        runtime=Runtime(base_bytes=5, margin_ratio=0.0, margin_bytes=2),
        whole=Whole(latency=timing(sum(times_s) or 1.0), blocks_over_whole=1.1, noise=0.0),
        flops=FlopCount(total=0, fvcore_total=None, unpriced={}, unpriced_latency_share=0.0),
        environment=Environment(
            machine="m", processor="p", device="cpu", threads=1, python="3", packages={},
            allocator="default",
        ),
        provenance={"latency": Provenance.MEASURED, "cuts": Provenance.COMPUTED},
    )  # fmt: skip


def diamond(left_bytes: int = 10, right_bytes: int = 20) -> Profile:
    """Input x, then `top`; a left branch of two blocks and a right one of one; then `join`.

    x ─ top ─┬─ left1 ─ left2 ─┬─ join ─ y
             └─ right ─────────┘
    """
    sizes = {"x": 4, "t": 8, "l1": 30, "l2": left_bytes, "r": right_bytes, "y": 2}
    ops = (
        make_op("top", ["x"], ["t"], ["shared"]),
        make_op("left1", ["t"], ["l1"]),
        make_op("left2", ["l1"], ["l2"], ["shared"]),
        make_op("right", ["t"], ["r"], ["shared", "own"]),
        make_op("join", ["l2", "r"], ["y"]),
    )
    graph = ModelGraph(
        model="diamond",
        ops=ops,
        tensors=tuple(make_tensor(name, size) for name, size in sizes.items()),
        parameters=(
            ParameterSpec(name="shared", n_bytes=100, n_dims=2),
            ParameterSpec(name="own", n_bytes=7, n_dims=1),
        ),
        inputs=("x",),
        outputs=("y",),
    )
    return make_profile(graph, range(6), (1.0, 2.0, 3.0, 4.0, 5.0), stage_positions=(0, 1, 3, 4, 5))


def straight(n_blocks: int = 4) -> Profile:
    """One operator after another."""
    names = ["x", *(f"t{i}" for i in range(n_blocks))]
    graph = ModelGraph(
        model="straight",
        ops=tuple(make_op(f"op{i}", [a], [b]) for i, (a, b) in enumerate(pairwise(names))),
        tensors=tuple(make_tensor(name, 10) for name in names),
        parameters=(),
        inputs=("x",),
        outputs=(names[-1],),
    )
    return make_profile(graph, range(n_blocks + 1), [1.0] * n_blocks)


def interleaved() -> Profile:
    """Two branches, written turn about, whose first halves have large results and heavy weights.

    x ─ top ─┬─ a1 ─ a2 ─┬─ join ─ y        in the program: top a1 b1 a2 b2 join
             └─ b1 ─ b2 ─┘
    """
    sizes = {"x": 60, "t": 60, "a1": 100, "b1": 100, "a2": 1, "b2": 5, "y": 1}
    reads = {"t": ["x"], "a1": ["t"], "b1": ["t"], "a2": ["a1"], "b2": ["b1"], "y": ["a2", "b2"]}
    graph = ModelGraph(
        model="interleaved",
        ops=tuple(make_op(f"op_{n}", read, [n], [f"w_{n}"]) for n, read in reads.items()),
        tensors=tuple(make_tensor(name, size) for name, size in sizes.items()),
        parameters=tuple(ParameterSpec(name=f"w_{n}", n_bytes=1000, n_dims=2) for n in reads),
        inputs=("x",),
        outputs=("y",),
    )
    return make_profile(graph, range(7), [1.0] * 6)


def random_branching(seed: int, *, most_blocks: int = 5) -> Profile:
    """A small branching model with views, tied weights, several inputs and early outputs."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 1, 2], int(rng.integers(3, most_blocks + 1)))
    borders = [0, *(int(n) for n in np.cumsum(sizes))]
    tensors = [make_tensor(f"x{i}", int(rng.integers(1, 60))) for i in range(rng.integers(1, 3))]
    inputs = tuple(spec.name for spec in tensors)
    weights = [
        ParameterSpec(name=f"w{i}", n_bytes=int(rng.integers(1, 40)), n_dims=2) for i in range(3)
    ]
    ops = []
    joins = rng.random() < 0.7
    for index in range(borders[-1]):
        many = int(rng.choice([1, 1, 1, 1, 2]))
        read = sorted({int(len(tensors) * rng.random() ** 1.5) for _ in range(many)})
        if joins and index == borders[-1] - 1:
            seen = {name for op in ops for name in op.inputs}
            read = [k for k, spec in enumerate(tensors) if spec.name not in seen]
        made = [
            _result(rng, f"t{index}_{i}", [tensors[k] for k in read])
            for i in range(rng.choice([1, 1, 1, 2]))
        ]
        used = sorted({f"w{i}" for i in rng.choice(3, int(rng.choice([0, 1, 1, 2])))})
        ops.append(
            make_op(f"op{index}", [tensors[k].name for k in read], [t.name for t in made], used)
        )
        tensors.extend(made)
    early = [spec.name for spec in tensors if rng.random() < 0.08]
    graph = ModelGraph(
        model=f"random {seed}",
        ops=tuple(ops),
        tensors=tuple(tensors),
        parameters=tuple(weights),
        inputs=inputs,
        outputs=(*early, ops[-1].outputs[0]),
    )
    times_s = rng.integers(0, 4, len(sizes)) / 2.0 if rng.random() < 0.5 else rng.random(len(sizes))
    return make_profile(
        graph, borders, [float(t) for t in times_s], stage_positions=range(borders[-1] + 1)
    )


def _result(rng: np.random.Generator, name: str, read: Sequence[TensorSpec]) -> TensorSpec:
    if rng.random() < 0.2:  # a view of something it reads
        return make_tensor(name, read[0].n_bytes, read[0].storage).model_copy(
            update={"storage_bytes": read[0].storage_bytes}
        )
    return make_tensor(name, int(rng.choice([1, 5, 20, 60])))


def every_order(dag: BlockDag) -> Iterator[tuple[int, ...]]:
    """All topological orders, in lexicographic order."""

    def extended(done: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(done) == dag.n_blocks:
            yield done
        for block in range(dag.n_blocks):
            if block not in done and set(dag.before[block]) <= set(done):
                yield from extended((*done, block))

    return extended(())
