"""How long plans take as blocks and nodes grow, in listed and in free order."""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from experiments.solver_scaling.problems import STYLES, synthetic_problem
from planner.limits import Order
from planner.solution import Status
from planner.solvers.solve import solve

HEADER = (
    "order", "style", "blocks", "nodes", "runs", "median (CPU s)", "slowest (CPU s)",
    "proved", "largest gap (%)", "method (last run)",
)  # fmt: skip


class Size(NamedTuple):
    """What one row measures."""

    order: Order
    style: str
    n_blocks: int
    n_nodes: int


def sizes() -> Iterator[Size]:
    """The rows: blocks on 16 nodes, nodes for 200 blocks, the corners, then the styles."""
    listed, free = Order.LISTED, Order.FREE
    for order, most in ((listed, 5_000), (free, 1_000)):
        for n_blocks in (50, 100, 200, 500, 1_000, 2_000, 5_000):
            if n_blocks <= most:
                yield Size(order, "plain", n_blocks, 16)
        for n_nodes in (4, 8, 12, 24, 32, 48, 64):
            yield Size(order, "plain", 200, n_nodes)
    for n_blocks in (1_000, 5_000):
        yield Size(listed, "plain", n_blocks, 64)
    for style in [*STYLES][1:]:
        for n_nodes in (16, 64):
            yield Size(free, style, 200, n_nodes)


def smoke_sizes() -> Iterator[Size]:
    """Tiny sizes of every kind."""
    yield Size(Order.LISTED, "plain", 50, 4)
    for style in STYLES:
        yield Size(Order.FREE, style, 20, 5)


def measure(size: Size, *, n_runs: int) -> tuple[object, ...]:
    """One row: CPU seconds of the whole call, from the problem to a priced and checked solution."""
    seconds, gaps, n_proved = [], [0.0], 0
    for seed in range(n_runs):
        problem = synthetic_problem(
            size.n_blocks, size.n_nodes, seed=seed, style=size.style, order=size.order
        )
        start_s = time.process_time()
        solution = solve(problem)
        seconds.append(time.process_time() - start_s)
        n_proved += solution.status in (Status.OPTIMAL, Status.INFEASIBLE)
        gaps.append(100.0 if solution.status is Status.UNKNOWN else 100 * (solution.gap or 0.0))
    method = solution.method.split(" (")[0]
    times = (f"{value:.4f}" for value in (statistics.median(seconds), max(seconds)))
    return (*size, n_runs, *times, n_proved, f"{max(gaps):.3f}", method)


def main() -> None:
    """Prints the rows and writes them to the output folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one run each")
    parser.add_argument("--runs", type=int, default=2, help="problems per size")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/solver_scaling"))
    options = parser.parse_args()
    chosen, n_runs = (smoke_sizes(), 1) if options.smoke else (sizes(), options.runs)
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        writers = [csv.writer(out, lineterminator="\n") for out in (file, sys.stdout)]
        for writer in writers:
            writer.writerow(HEADER)
        for size in chosen:
            row = measure(size, n_runs=n_runs)
            for writer in writers:
                writer.writerow(row)
            file.flush()


if __name__ == "__main__":
    main()
