"""Small problems where coming back to a node pays, and where caps bind over several stages."""

from __future__ import annotations

import numpy as np

from planner.limits import Limits
from planner.problem import Problem
from tests.planner.instances import (
    has_a_plan,
    limited,
    make_link,
    make_node,
    make_problem,
    random_problem,
    with_caps,
)
from tests.planner.measured import with_measured_stages

AGAIN = Limits(revisits=True)


def device_cloud_device(device_cap: int = 1000) -> Problem:
    """A wide input and a wide output on the device, a heavy middle that the cloud does in no time.

    By hand: all on the device 1 + 8 + 1 = 10 s, all in the cloud 100/50 + 2.5 + 100/50 = 6.5 s,
    there and back 1 + 5/50 + 8/4 + 5/50 + 1 = 4.2 s.
    """
    nodes = [
        make_node("device", (1.0, 8.0, 1.0), device_cap, base_bytes=10),
        make_node("cloud", (1.0, 8.0, 1.0), speed=4.0),
    ]
    links = [make_link("device", "cloud", 50.0), make_link("cloud", "device", 50.0)]
    return make_problem(
        nodes,
        links,
        (100, 5, 5, 100),
        weight_bytes=(20, 500, 30),
        live_bytes=(100, 40, 100),
        limits=AGAIN,
    )


def random_device_cloud(seed: int) -> Problem:
    """A slow device, a fast cloud and perhaps one more; wide ends, and caps at what plans need."""
    rng, starts = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    n_blocks = int(rng.integers(3, 7))
    names = ["device", "cloud", "third"][: int(rng.integers(2, 4 if n_blocks < 6 else 3))]
    times = rng.integers(1, 9, n_blocks) / 4 if rng.random() < 0.5 else rng.random(n_blocks)
    cuts = rng.integers(0, 6, n_blocks + 1) * 10
    cuts[[0, -1]] = rng.integers(100, 300, 2)
    nodes = [
        make_node(
            name,
            times,
            speed=float(rng.choice([1.0, 1.0, 2.0, 8.0])),
            base_bytes=int(rng.integers(0, 15)),
            weight_factor=float(rng.choice([1.0, 1.3, 2.5])),
            stage_start_s=float(starts.choice([0.0, 0.0, 0.4])),
        )
        for name in names
    ]
    nodes = [
        node.model_copy(update={"price_per_s": float(rng.choice([0.0, 1.0, 3.0]))})
        for node in nodes
    ]
    links = [
        make_link(a, b, float(rng.choice([50.0, 200.0])), float(rng.choice([0.0, 0.05])))
        for a in names
        for b in names
        if a != b and rng.random() < 0.9
    ]
    problem = make_problem(
        nodes,
        links,
        [int(n) for n in cuts],
        weight_bytes=[int(n) for n in rng.integers(5, 60, n_blocks)],
        live_bytes=[int(n) for n in rng.integers(0, 40, n_blocks)],
        limits=AGAIN,
    )
    return _with_tight_caps(problem, rng)


def _with_tight_caps(problem: Problem, rng: np.random.Generator) -> Problem:
    """Caps around what a node's share of the weights takes, so that some bind."""
    if not has_a_plan(problem):
        return problem
    whole = sum(problem.weight_bytes)
    caps = {node.name: int(whole * rng.uniform(0.4, 2.5)) + 60 for node in problem.nodes}
    return with_caps(problem, caps)


def random_revisit_problem(seed: int) -> Problem:
    """Of every kind: awkward ones, device and cloud, numbers of stages, measured stages."""
    rng = np.random.default_rng(seed)
    if seed % 2:
        problem = random_device_cloud(seed)
    else:
        problem = random_problem(seed, most_blocks=5, most_nodes=3)
        problem = limited(problem, order="free", revisits=True)
    if seed % 5 == 0:
        least = int(rng.integers(1, 4))
        most = None if rng.random() < 0.4 else least + int(rng.integers(0, 2))
        problem = limited(problem, min_stages=least, max_stages=most)
    if seed % 7 == 0:
        problem = with_measured_stages(problem, seed)
    return problem
