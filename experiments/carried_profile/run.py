"""How far a profile that was carried to another machine is from one that was measured there."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from experiments.carried_profile.cpu_share import limited, skip_reason
from experiments.model_names import SMALL_CNN
from planner import api
from planner.files import write_text_atomic
from profiler.profile_records import Profile

MODELS = ("torchvision:resnet18", "torchvision:squeezenet1_1")
HEADER = (
    "machine", "model", "factors", "factor", "stated error", "whole error", "median block error",
    "worst block error",
)  # fmt: skip
PARTWAY = (sys.executable, "-m", "planner.cli.main")
BUDGET, SMOKE_BUDGET = "12s", "1s"  # of the rounds of a profile
LEAST_SHARE = 0.02  # of a model's time: smaller blocks say little about it


def main() -> None:
    """Profiles models here and on stand-ins for another machine, and writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--smoke", action="store_true", help="one small model, two threads, few rounds"
    )
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("-o", "--output", type=Path, default=Path("out/carried_profile"))
    options = parser.parse_args()
    models = (SMALL_CNN,) if options.smoke else options.models
    budget = SMOKE_BUDGET if options.smoke else BUDGET
    machines = ["two threads"]
    if (reason := skip_reason()) is not None:
        print(f"no slower processor: {reason}")
    elif not options.smoke:
        machines.append("half a processor")
    with tempfile.TemporaryDirectory() as folder:
        found = [
            row
            for number, machine in enumerate(machines)
            for row in rows(machine, models, Path(folder) / str(number), budget=budget)
        ]
    text = "\n".join(",".join(map(str, line)) for line in (HEADER, *found)) + "\n"
    write_text_atomic(options.output / "rows.csv", text)


def rows(
    machine: str, models: Sequence[str], folder: Path, *, budget: str
) -> Iterator[tuple[object, ...]]:
    """Two rows per model: one factor for all blocks, and one for each kind of work."""
    is_half = machine == "half a processor"
    threads = "1" if is_half else "2"
    for model in models:
        with limited(0.5) if is_half else nullcontext(()) as prefix:
            # Speeds and profiles close together: this machine's own speed drifts.
            partway((), "speed", "-o", folder / "here.speed.json")
            profiled((), model, "1", folder / "here.json", budget=budget)
            partway(prefix, "speed", "--threads", threads, "-o", folder / "there.speed.json")
            profiled(prefix, model, threads, folder / "there.json", budget=budget)
        here, there = (api.read_speed(folder / f"{end}.speed.json") for end in ("here", "there"))
        measured = api.read_profile(folder / "there.json")
        for by_work in (False, True):
            profile = api.read_profile(folder / "here.json")
            yield row(machine, api.carry(profile, here, there, by_work=by_work), measured)


def partway(prefix: Sequence[str], *words: object) -> None:
    """Runs a command, in the control group that the prefix names."""
    subprocess.run([*prefix, *PARTWAY, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def profiled(prefix: Sequence[str], model: str, threads: str, path: Path, *, budget: str) -> None:
    """Profiles a model for onnxruntime."""
    options = ("--backend", "onnx", "--threads", threads, "--budget", budget)
    partway(prefix, "profile", model, *options, "-o", path)


def row(machine: str, carried: Profile, measured: Profile) -> tuple[object, ...]:
    """Errors are carried over measured, less one."""
    if (how := carried.carried) is None:
        raise RuntimeError("a profile that was not carried")
    total_s = sum(block.latency.median_s for block in measured.blocks)
    errors = [
        ours.latency.median_s / theirs.latency.median_s - 1
        for ours, theirs in zip(carried.blocks, measured.blocks, strict=True)
        if theirs.latency.median_s >= LEAST_SHARE * total_s
    ]
    line = (
        machine, measured.graph.model, "by work" if how.by_work else "one", f"{how.factor:.3f}",
        f"{how.error:.3f}",
        f"{carried.whole.latency.median_s / measured.whole.latency.median_s - 1:+.3f}",
        f"{statistics.median(map(abs, errors)):.3f}", f"{max(errors, key=abs):+.3f}",
    )  # fmt: skip
    print(*line, sep="  ", flush=True)
    return line


if __name__ == "__main__":
    main()
