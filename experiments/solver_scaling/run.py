"""How long the exact chain solver takes as blocks and nodes grow."""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from planner.problem import NodeCosts, Problem
from planner.solvers.chain_dp import ChainDp

SIZES = ((100, 8), (200, 16), (1_000, 16), (1_000, 64), (5_000, 16), (5_000, 64))
SMOKE_SIZES = ((20, 3), (50, 4))
HEADER = ("blocks", "nodes", "median (s)", "slowest (s)", "runs", "stages (last run)", "method")


def synthetic_problem(n_blocks: int, n_nodes: int, *, seed: int) -> Problem:
    """Random blocks over unequal machines, all linked; their memory holds the model three times."""
    rng = np.random.default_rng(seed)
    names = [f"node-{index}" for index in range(n_nodes)]
    weight_bytes = rng.integers(10**4, 10**6, n_blocks)
    cap_bytes = 3 * int(weight_bytes.sum()) // n_nodes + 2 * 10**6
    times_s = rng.uniform(1e-4, 1e-3, n_blocks)
    nodes = tuple(
        NodeCosts(
            name=name,
            memory_bytes=cap_bytes,
            base_bytes=10**6,
            weight_factor=1.1,
            block_latency_s=tuple(times_s),
            blocks_over_whole=1.0,
            speed=float(rng.uniform(0.25, 4.0)),
        )
        for name in names
    )
    return Problem(
        graph_digest="synthetic",
        positions=tuple(range(n_blocks + 1)),
        cut_tensors=tuple((f"t{index}",) for index in range(n_blocks + 1)),
        cut_bytes=tuple(rng.integers(10**3, 10**5, n_blocks + 1).tolist()),
        weight_bytes=tuple(weight_bytes.tolist()),
        live_bytes=tuple(rng.integers(10**4, 10**6, n_blocks).tolist()),
        nodes=nodes,
        links=tuple(_links(rng, names)),
        source=names[0],
        sink=names[0],
    )


def measure(n_blocks: int, n_nodes: int, *, n_runs: int) -> tuple[object, ...]:
    """One row: times of the whole call, from the problem to a priced and checked solution."""
    seconds = []
    for seed in range(n_runs):
        problem = synthetic_problem(n_blocks, n_nodes, seed=seed)
        start_s = time.perf_counter()
        solution = ChainDp().solve(problem)
        seconds.append(time.perf_counter() - start_s)
    stages = 0 if solution.plan is None else len(solution.plan.stages)
    median, slowest = (f"{value:.4f}" for value in (statistics.median(seconds), max(seconds)))
    return (n_blocks, n_nodes, median, slowest, n_runs, stages, solution.method)


def main() -> None:
    """Prints the rows and writes them to the output folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one run each")
    parser.add_argument("--runs", type=int, default=7, help="problems per size")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/solver_scaling"))
    options = parser.parse_args()
    sizes, n_runs = (SMOKE_SIZES, 1) if options.smoke else (SIZES, options.runs)
    options.output.mkdir(parents=True, exist_ok=True)
    with (options.output / "results.csv").open("w", newline="") as file:
        writers = [csv.writer(out, lineterminator="\n") for out in (file, sys.stdout)]
        for writer in writers:
            writer.writerow(HEADER)
        for n_blocks, n_nodes in sizes:
            row = measure(n_blocks, n_nodes, n_runs=n_runs)
            for writer in writers:
                writer.writerow(row)


def _links(rng: np.random.Generator, names: list[str]) -> Iterator[Link]:
    for source in names:
        for target in names:
            if source != target:
                bandwidth = float(rng.uniform(1e6, 1e8))
                model = AffineLink(bandwidth_bytes_per_s=bandwidth, latency_s=1e-3)
                yield Link(source=source, target=target, model=model)


if __name__ == "__main__":
    main()
