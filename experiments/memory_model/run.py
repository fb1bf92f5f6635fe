"""Predicted and measured peak memory of workers that hold random runs of a model's blocks."""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from experiments.memory_model.worker_peak import worker_peak_bytes
from netmodel.cluster import Cluster, Node
from planner import api
from planner.costs.memory import stage_bytes
from planner.problem import Problem, build_problem
from profiler.backends import backend_named
from profiler.capture import CapturedModel
from profiler.carve import carve
from profiler.profile_options import Rounds
from profiler.profile_records import Profile

TORCHVISION = (
    "resnet18", "resnet50", "mobilenet_v2", "squeezenet1_1", "vgg11", "densenet121",
    "efficientnet_b0", "googlenet", "vit_b_16",
)  # fmt: skip
MODELS = (
    *(f"torchvision:{name}" for name in TORCHVISION),
    "experiments.model_coverage.unet:make",
)
BACKENDS = ("onnx", "torch")
HEADER = (
    "model", "backend", "start", "stop", "blocks", "weight bytes", "predicted bytes",
    "measured bytes", "over",
)  # fmt: skip


def main() -> None:
    """Writes a row for every stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--stages", type=int, default=7, help="of each model, beside the whole")
    parser.add_argument("--backends", nargs="*", default=BACKENDS)
    parser.add_argument("--smoke", action="store_true", help="one small model, two stages, onnx")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/memory_model"))
    options = parser.parse_args()
    models = MODELS[3:4] if options.smoke else options.models
    backends = BACKENDS[:1] if options.smoke else options.backends
    n_stages = 2 if options.smoke else options.stages
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for model in models:
            captured = api.capture(model)
            for backend in backends:
                for row in rows(captured, backend, n_stages):
                    writer.writerow(row)
                    file.flush()
                    print(*row, sep="  ", flush=True)


def rows(captured: CapturedModel, backend_name: str, n_stages: int) -> Iterator[tuple[object, ...]]:
    """Profiles a model, and measures workers with some of its stages."""
    rounds = Rounds(least=1, most=1)
    profile = api.profile(captured, api.ProfileOptions(backend=backend_name, rounds=rounds))
    backend = backend_named(backend_name)
    problem = one_node(profile)
    spans = some_spans(captured.graph.model, problem.n_blocks, n_stages)
    parts = [carve(captured, problem.positions[a], problem.positions[b]) for a, b in spans]
    for span, part, program in zip(spans, parts, backend.build(parts), strict=True):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"stage{backend.suffix}"
            backend.save(program, path)
            measured = worker_peak_bytes(path, part, backend_name)
        predicted = stage_bytes(problem, problem.nodes[0], *span)
        weights = sum(block.weight_bytes for block in profile.blocks[slice(*span)])
        over = f"{predicted / measured - 1:.4f}"
        size = span[1] - span[0]
        yield (
            captured.graph.model, backend_name, *span, size, weights, predicted, measured, over,
        )  # fmt: skip


def one_node(profile: Profile) -> Problem:
    """The problem of running a model on one machine."""
    node = Node(name="node", memory_bytes=2**40, speed=1.0)
    return build_problem(profile, Cluster(source="node", sink="node", nodes=(node,), links=()))


def some_spans(model: str, n_blocks: int, n_stages: int) -> list[tuple[int, int]]:
    """The whole model and different random runs of its blocks."""
    every = [(a, b) for a in range(n_blocks) for b in range(a + 1, n_blocks + 1)]
    chosen = random.Random(model).sample(every, min(n_stages, len(every)))
    return sorted({(0, n_blocks), *chosen})


if __name__ == "__main__":
    main()
