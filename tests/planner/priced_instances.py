"""Random problems with equal nodes and with prices that trade off against speed."""

from __future__ import annotations

import numpy as np

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from planner.limits import Limits
from planner.problem import NodeCosts, Problem
from tests.planner.instances import IN_ORDER, make_problem

_SPEED_AND_PRICE = ((0.5, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 16.0))


def priced_problem(
    seed: int,
    *,
    most_blocks: int = 5,
    most_nodes: int = 4,
    most_kinds: int = 2,
    limits: Limits = IN_ORDER,
) -> Problem:
    """A small problem in which nodes of one kind can swap names, and fast ones cost more."""
    rng = np.random.default_rng(seed)
    n_blocks = int(rng.integers(1, most_blocks + 1))
    n_nodes = int(rng.integers(1, most_nodes + 1))
    kinds = rng.integers(0, int(rng.integers(1, most_kinds + 1)), n_nodes).tolist()
    times_s = [float(t) for t in rng.choice([0.0, 0.25, 0.5, 1.0, 2.0, 3.1], n_blocks)]
    specs = [_spec(rng) for _ in range(most_kinds)]
    starts_s = np.random.default_rng([seed, 1]).choice([0.0, 0.3], most_kinds).tolist()
    nodes = tuple(
        NodeCosts(
            name=f"n{i}",
            block_latency_s=tuple(times_s),
            stage_start_s=starts_s[kind],
            **specs[kind],
        )
        for i, kind in enumerate(kinds)
    )
    names = [node.name for node in nodes]
    return make_problem(
        nodes,
        _links(rng, names, kinds, most_kinds),
        [int(n) for n in rng.choice([0, 5, 10, 20, 40], n_blocks + 1)],
        weight_bytes=[int(n) for n in rng.integers(0, 40, n_blocks)],
        live_bytes=[int(n) for n in rng.integers(0, 30, n_blocks)],
        source=str(rng.choice(names)),
        sink=str(rng.choice(names)),
        limits=limits,
    )


def _spec(rng: np.random.Generator) -> dict[str, object]:
    """What the nodes of one kind share."""
    speed, price = _SPEED_AND_PRICE[int(rng.integers(len(_SPEED_AND_PRICE)))]
    return {
        "memory_bytes": int(rng.choice([60, 100, 150, 400])),
        "base_bytes": int(rng.integers(0, 10)),
        "weight_factor": float(rng.choice([1.0, 1.1])),
        "blocks_over_whole": float(rng.choice([1.0, 1.2])),
        "speed": speed,
        "price_per_s": price * float(rng.choice([1.0, 1.0, 0.7])),
    }


def _links(
    rng: np.random.Generator, names: list[str], kinds: list[int], most_kinds: int
) -> list[Link]:
    """Links that depend on the kinds of their ends alone, some of them missing."""
    present = float(rng.choice([1.0, 1.0, 0.8]))
    models = {}
    for a in range(most_kinds):
        for b in range(most_kinds):
            if rng.random() < present:
                model = AffineLink(
                    bandwidth_bytes_per_s=float(rng.choice([5.0, 20.0, 50.0])),
                    latency_s=float(rng.choice([0.0, 0.25, 1.0])),
                    overhead_s=float(rng.choice([0.0, 0.1])),
                )
                models[a, b] = model, float(rng.choice([0.0, 0.01, 0.1]))
    return [
        Link(
            source=x,
            target=y,
            model=models[a, b][0],
            price_per_byte=models[a, b][1],
        )
        for x, a in zip(names, kinds, strict=True)
        for y, b in zip(names, kinds, strict=True)
        if x != y and (a, b) in models
    ]
