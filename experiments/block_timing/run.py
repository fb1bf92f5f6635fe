"""How far each way to time blocks is from what a stage takes, and how often to measure."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from experiments.block_timing.model_parts import parts_of, random_stages
from experiments.block_timing.rests_and_rounds import rest_rows, settling_rows
from experiments.block_timing.stage_errors import Row, stage_error_rows
from planner import api
from planner.files import write_text_atomic
from profiler.blocks import Granularity, cut_positions
from profiler.process import pin_allocator

MODELS = (
    "resnet18", "mobilenet_v2", "squeezenet1_1", "shufflenet_v2_x1_0", "googlenet", "resnet50",
)  # fmt: skip
HEADER = ("model", "backend", "granularity", "quantity", "detail", "value")


def main() -> None:
    """Measures every model on every backend, and writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--backends", default="onnx,torch")
    parser.add_argument("--granularity", default="block")
    parser.add_argument("--stages", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=22, help="of which two warm up")
    parser.add_argument("--smoke", action="store_true", help="one model, two stages, few rounds")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/block_timing"))
    options = parser.parse_args()
    if options.smoke:
        options.models, options.backends = "squeezenet1_1", "onnx"
        options.stages, options.rounds = 2, 6
    pin_allocator()
    lines = [",".join(HEADER)]
    for model in options.models.split(","):
        for backend in options.backends.split(","):
            rows = list(rows_of(model, backend, options))
            lines += [
                f'{model},{backend},{options.granularity},"{q}",{d},{v:.6g}' for q, d, v in rows
            ]
            write_text_atomic(options.output / "results.csv", "\n".join(lines) + "\n")
            print(summary(model, backend, rows), flush=True)


def rows_of(model: str, backend: str, options: argparse.Namespace) -> Iterator[Row]:
    """All rows of one model on one backend."""
    captured = api.capture(f"torchvision:{model}")
    n_blocks = len(cut_positions(captured.graph, Granularity(options.granularity))) - 1
    stages = random_stages(n_blocks, options.stages, seed=1)
    parts = parts_of(captured, backend, options.granularity, stages)
    yield from settling_rows(parts, 4 * (options.rounds // 2))
    yield from rest_rows(parts, options.rounds // 2)
    start_s = time.monotonic()
    yield from stage_error_rows(parts, stages, options.rounds)
    yield "seconds of the stage rounds", "", time.monotonic() - start_s


def summary(model: str, backend: str, rows: list[Row]) -> str:
    """One line per quantity: the median of the absolute values, and the largest."""
    lines = [f"{model} {backend}"]
    for quantity in dict.fromkeys(quantity for quantity, _, _ in rows):
        values = [value for name, _, value in rows if name == quantity]
        sizes = [abs(value) for value in values]
        lines.append(
            f"  {quantity}: median {statistics.median(sizes):.4g}, largest {max(sizes):.4g}, "
            f"mean {statistics.mean(values):+.4g}, n {len(values)}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
