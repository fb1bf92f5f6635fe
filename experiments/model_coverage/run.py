"""Which models can be captured, cut in three anywhere, emitted and run with the same output."""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner import api
from planner.plan import Plan, Stage
from planner.solution import PlanDocument, Solution, Status
from profiler.capture import CapturedModel
from profiler.liveness import crossing_tensors

TORCHVISION = (
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "wide_resnet50_2", "squeezenet1_1", "vgg16", "densenet121", "inception_v3", "googlenet",
    "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "shufflenet_v2_x1_0",
    "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t", "deeplabv3_resnet50",
)  # fmt: skip
MODELS = (
    *(f"torchvision:{name}" for name in TORCHVISION),
    "experiments.model_coverage.unet:make",
)
SMOKE_MODELS = ("experiments.model_coverage.unet:make",)
BACKENDS = ("torch", "onnx")
NODES = ("first", "second", "third")
HEADER = (
    "model", "backend", "operators", "cut positions", "tensors crossing", "bit-identical",
    "max relative difference", "result", "seconds",
)  # fmt: skip


def main() -> None:
    """Runs every model on every backend; a failure is a row, and the exit code says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--cuts", type=int, default=2, help="random pairs of cuts per model")
    parser.add_argument("--smoke", action="store_true", help="one small model, one pair")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/model_coverage"))
    options = parser.parse_args()
    models = SMOKE_MODELS if options.smoke else options.models
    n_cuts = 1 if options.smoke else options.cuts
    options.output.mkdir(parents=True, exist_ok=True)
    failures = 0
    with (options.output / "results.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for model in models:
            for row in rows(model, n_cuts):
                writer.writerow(row)
                file.flush()
                print(*row, sep="  ", flush=True)
                failures += row[-2] != "ok"
    sys.exit(f"{failures} failed" if failures else 0)


def rows(model: str, n_cuts: int) -> Iterator[tuple[object, ...]]:
    """Captures a model once, and cuts, emits and runs it in several ways."""
    try:
        captured = api.capture(model)
    except Exception as error:  # noqa: BLE001 (a failure is a row)
        yield (model, "", "", "", "", "", "", f"{type(error).__name__}: {error}", "")
        return
    n_ops = len(captured.graph.ops)
    chance = random.Random(model)
    for cuts in [sorted(chance.sample(range(1, n_ops), 2)) for _ in range(n_cuts)]:
        for backend in BACKENDS:
            yield row(captured, backend, tuple(cuts))


def row(captured: CapturedModel, backend: str, cuts: tuple[int, ...]) -> tuple[object, ...]:
    """Emits three stages, runs them from their files, and says how close the output is."""
    started = time.perf_counter()
    plan = explicit_plan(captured, cuts)
    crossing = " ".join(str(len(hop)) for hop in plan.hops[1:-1])
    head = (
        captured.graph.model,
        backend,
        len(captured.graph.ops),
        f"{cuts[0]} {cuts[1]}",
        crossing,
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            partition = api.emit(
                document(captured, backend, plan), captured, Path(folder) / "parts"
            )
            check = api.run(
                partition, api.RunOptions(requests=1, warmup_requests=0), engine="inline"
            ).check
        except Exception as error:  # noqa: BLE001 (a failure is a row)
            return (*head, "", "", f"{type(error).__name__}: {error}", "")
    seconds = round(time.perf_counter() - started, 1)
    return (*head, check.bit_identical, f"{check.max_rel_difference:.2g}", "ok", seconds)


def explicit_plan(captured: CapturedModel, cuts: tuple[int, ...]) -> Plan:
    """A plan that cuts before the given operators; every operator is a block."""
    crossing = crossing_tensors(captured.graph)
    positions = (0, *cuts, len(captured.graph.ops))
    return Plan(
        problem_digest="explicit cuts",
        graph_digest=captured.graph.digest,
        stages=tuple(
            Stage(start=start, stop=stop, op_start=start, op_stop=stop, node=node)
            for (start, stop), node in zip(pairwise(positions), NODES, strict=True)
        ),
        hops=tuple(crossing[position] for position in positions),
    )


def document(captured: CapturedModel, backend: str, plan: Plan) -> PlanDocument:
    """The plan as a file's content, on three nodes in a row."""
    wire = AffineLink(bandwidth_bytes_per_s=1e8, latency_s=0.0)
    ends = (*pairwise(NODES), (NODES[-1], NODES[0]))
    return PlanDocument(
        model=captured.graph.model,
        backend=backend,
        threads=2,
        granularity="op",
        solution=Solution(status=Status.FEASIBLE, method="explicit cuts", plan=plan),
        cluster=Cluster(
            source=NODES[0],
            sink=NODES[0],
            nodes=tuple(Node(name=name, memory_bytes=2**40, speed=1.0) for name in NODES),
            links=tuple(Link(source=a, target=b, model=wire) for a, b in ends),
        ),
        node_speeds=dict.fromkeys(NODES, 1.0),
        block_names=tuple(op.name for op in captured.graph.ops),
        provenance={},
    )


if __name__ == "__main__":
    main()
