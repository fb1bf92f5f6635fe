"""Solve times: the CPU time of whole plans for random problems of one size."""

from __future__ import annotations

import statistics
import time

from experiments.scaling.config import Size
from experiments.scaling.problems import synthetic_problem
from planner.limits import Order
from planner.solution import Solution, Status
from planner.solvers.solve import solve
from profiler.record import Record


class ScalingRow(Record):
    """One size; CPU seconds of the whole call, from the problem to a priced, checked solution."""

    order: Order
    style: str
    blocks: int
    nodes: int
    problems: int
    """One run each."""
    median_cpu_s: float
    slowest_cpu_s: float
    proved: int
    """Problems whose plan was proved best, or that were proved to have none."""
    largest_gap: float
    """Of the value above its bound, as a share of the value; 1 where there is no bound, or no plan
    and no proof that there is none."""
    method: str
    """Of the last problem."""


KEY = ("order", "style", "blocks", "nodes")


def measure(size: Size, problems: int) -> ScalingRow:
    """The row of a size."""
    seconds, gaps, n_proved = [], [0.0], 0
    for seed in range(problems):
        problem = synthetic_problem(
            size.blocks, size.nodes, seed=seed, style=size.style, order=size.order
        )
        start_s = time.process_time()
        solution = solve(problem)
        seconds.append(time.process_time() - start_s)
        n_proved += solution.status in (Status.OPTIMAL, Status.INFEASIBLE)
        gaps.append(_gap(solution))
    return ScalingRow(
        **size.model_dump(),
        problems=problems,
        median_cpu_s=statistics.median(seconds),
        slowest_cpu_s=max(seconds),
        proved=n_proved,
        largest_gap=max(gaps),
        method=solution.method.split(" (")[0],
    )


def _gap(solution: Solution) -> float:
    if solution.status is Status.INFEASIBLE:
        return 0.0
    return 1.0 if solution.gap is None else solution.gap
