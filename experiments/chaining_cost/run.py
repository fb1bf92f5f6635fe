"""What chained stages in one process cost over the unsplit exported model."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from experiments.model_names import SMALL_CNN
from planner import api
from planner.files import write_text_atomic
from profiler.backends import backend_named
from profiler.backends.interface import Executable
from profiler.blocks import Granularity, cut_positions
from profiler.capture import CapturedModel
from profiler.carve import carve
from profiler.process import pin_allocator

MODELS = ("torchvision:resnet18", "torchvision:resnet50", "torchvision:mobilenet_v2")
SMOKE_MODELS = (SMALL_CNN,)
HEADER = (
    "model", "backend", "stages", "whole (s)", "chained (s)", "chained over whole",
    "whole over whole", "rounds",
)  # fmt: skip


def main() -> None:
    """Runs whole, chained and whole again in every round; ratios are medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--smoke", action="store_true", help="one small model, five rounds")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/chaining_cost"))
    options = parser.parse_args()
    pin_allocator()
    lines = [HEADER]
    for model in SMOKE_MODELS if options.smoke else MODELS:
        captured = api.capture(model)
        for backend in ("torch", "onnx"):
            lines.append(row(captured, backend, 5 if options.smoke else options.rounds))
            print(*lines[-1], sep="  ", flush=True)
    text = "".join(",".join(map(str, line)) + "\n" for line in lines)
    write_text_atomic(options.output / "results.csv", text)


def row(captured: CapturedModel, name: str, n_rounds: int) -> tuple[str, ...]:
    """Times a model in three stages, from files, against the same model in one file."""
    positions = cut_positions(captured.graph, Granularity.BLOCK)
    thirds = [positions[len(positions) * k // 3] for k in (1, 2)]
    bounds = (0, *thirds, positions[-1])
    with tempfile.TemporaryDirectory() as folder:
        whole = load(captured, name, (0, positions[-1]), Path(folder) / "whole")
        stages = load(captured, name, bounds, Path(folder) / "stages")
    times = [(run(captured, name, whole), run(captured, name, stages), run(captured, name, whole))
             for _ in range(n_rounds + 3)][3:]  # fmt: skip
    first, chained, again = (list(column) for column in zip(*times, strict=True))
    ratios = [c / statistics.mean((a, b)) for a, c, b in times]
    noise = [b / a for a, _, b in times]
    return (
        captured.graph.model, name, str(len(stages)),
        f"{statistics.median((*first, *again)):.6f}", f"{statistics.median(chained):.6f}",
        f"{statistics.median(ratios):.4f}", f"{statistics.median(noise):.4f}", str(n_rounds),
    )  # fmt: skip


Loaded = tuple[tuple[str, ...], Executable, tuple[str, ...]]


def load(captured: CapturedModel, name: str, bounds: tuple[int, ...], folder: Path) -> list[Loaded]:
    """Stages written to files of a new folder and loaded from them: weights stay in the files."""
    folder.mkdir()
    backend = backend_named(name)
    parts = [carve(captured, start, stop) for start, stop in pairwise(bounds)]
    loaded = []
    for number, (part, program) in enumerate(zip(parts, backend.build(parts), strict=True)):
        path = folder / f"{number}{backend.suffix}"
        backend.save(program, path)
        loaded.append((part.inputs, backend.load(path, threads=1), part.outputs))
    return loaded


def run(captured: CapturedModel, name: str, stages: list[Loaded]) -> float:
    """Seconds of one pass through the stages."""
    backend, reference = backend_named(name), backend_named("torch")
    values = {k: backend.to_value(reference.to_array(v)) for k, v in captured.inputs.items()}
    started = time.perf_counter()
    for inputs, stage, outputs in stages:
        values.update(zip(outputs, stage.run([values[k] for k in inputs]), strict=True))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
