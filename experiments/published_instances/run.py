"""Values, bounds and times on the published planning instances, beside what was known of them."""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from planner.placement.instance import Operator, PlacementInstance
from planner.placement.instance_file import read_instance
from planner.placement.latency import solve_latency
from planner.placement.throughput import solve_throughput

SOLVERS = {"throughput": solve_throughput, "latency": solve_latency}
# Proved optima, and for latency the best known value and bound: all in milliseconds.
KNOWN_MS = {
    ("throughput", "bert24_inference"): (17.790, 17.790),
    ("throughput", "gnmt_inference"): (32.911, 32.911),
    ("throughput", "resnet50_inference"): (33.775, 33.775),
    ("throughput", "bert_l-3_inference"): (27.919, 27.919),
    ("latency", "bert24_inference"): (100.219, 100.219),
    ("latency", "gnmt_inference"): (225.648, 225.648),
    ("latency", "resnet50_inference"): (1156.88, 1041.57),
    ("latency", "bert_l-3_inference"): (408.474, 408.471),
}
HEADER = ("objective", "instance", "operators", "accelerators", "value (ms)", "bound (ms)")
HEADER += ("gap (%)", "known value (ms)", "known bound (ms)", "status", "time (s)", "method")


def built_in_instance() -> PlacementInstance:
    """Two branches of four operators between a source and a sink, for a run without any files."""
    edges = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 9), (0, 5), (5, 6), (6, 7), (7, 8), (8, 9))
    same = {"cpu_s": 0.02, "accelerator_s": 0.002, "transfer_s": 0.001, "size_bytes": 1e8}
    return PlacementInstance(
        name="built-in",
        operators=tuple(Operator(id=v, on_accelerator=v > 0, **same) for v in range(10)),
        edges=edges,
        n_accelerators=3,
        n_cpus=1,
        cap_bytes=4e8,
    )


def instances(folder: Path) -> Iterator[tuple[str, PlacementInstance]]:
    """Each instance below a folder, with its objective: the name of the folder above."""
    for objective in SOLVERS:
        for path in sorted((folder / objective).glob("**/*.json")):
            yield objective, read_instance(path)


def measure(
    objective: str, instance: PlacementInstance, time_limit_s: float | None
) -> tuple[object, ...]:
    """One row: the answer of one solver, with the time of the whole call."""
    start_s = time.perf_counter()
    answer = SOLVERS[objective](instance, time_limit_s=time_limit_s, seed=0)
    time_s = time.perf_counter() - start_s
    times_ms = (
        "" if s is None else f"{s * 1e3:.4f}" for s in (answer.value_s, answer.lower_bound_s)
    )
    gap = "" if answer.gap is None else f"{100 * answer.gap:.4f}"
    known = KNOWN_MS.get((objective, instance.name), ("", ""))
    size = (len(instance.operators), instance.n_accelerators)
    end = (gap, *known, answer.status, f"{time_s:.2f}", answer.method)
    return (objective, instance.name, *size, *times_ms, *end)


def main() -> None:
    """Prints the rows and writes them to the output folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one small built-in instance")
    parser.add_argument("--instances", type=Path, default=Path("../shared/workloads"))
    parser.add_argument("--time-limit", type=float, help="seconds per instance")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/published_instances"))
    options = parser.parse_args()
    problems = [(objective, built_in_instance()) for objective in SOLVERS]
    if not options.smoke:
        problems = list(instances(options.instances))
    if not problems:
        print(f"skipped: {options.instances} has no throughput/**/*.json, latency/**/*.json")
        return
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        writers = [csv.writer(out, lineterminator="\n") for out in (file, sys.stdout)]
        rows = (measure(*problem, options.time_limit) for problem in problems)
        for row in itertools.chain([HEADER], rows):
            for writer in writers:
                writer.writerow(row)


if __name__ == "__main__":
    main()
