"""Random problems in which some stages have a measured time of their own."""

from __future__ import annotations

import numpy as np

from planner.problem import MeasuredStage, Problem
from tests.planner.instances import random_problem


def with_measured_stages(problem: Problem, seed: int) -> Problem:
    """The problem with random measured times, faster or slower than the sums of blocks."""
    rng = np.random.default_rng(seed)
    spans = [(a, b) for a in range(problem.n_blocks) for b in range(a + 1, problem.n_blocks + 1)]
    nodes = []
    for node in problem.nodes:
        chosen = [span for span in spans if rng.random() < rng.choice([0.0, 0.3, 0.8])]
        measured = tuple(
            MeasuredStage(start=a, stop=b, latency_s=float(rng.integers(0, 4 * (b - a))) / 4)
            for a, b in chosen
        )
        nodes.append(node.model_copy(update={"measured_stages": measured}))
    return problem.replaced(nodes=tuple(nodes))


def random_measured_problem(seed: int) -> Problem:
    """A small problem with measured stages, and all that makes small problems awkward."""
    return with_measured_stages(random_problem(seed, most_blocks=6, most_nodes=3), seed)
