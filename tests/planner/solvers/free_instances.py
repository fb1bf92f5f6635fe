"""Problems whose nodes may come in any order: random ones, ones of few types, large ones."""

from __future__ import annotations

import numpy as np

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from planner.limits import Order
from planner.problem import Problem
from tests.planner.instances import limited, make_node, make_problem, random_problem


def any_order(problem: Problem, **changes: object) -> Problem:
    """The problem with its nodes in any order, and other limits."""
    return limited(problem, order=Order.FREE, **changes)


def random_free_problem(seed: int, *, most_blocks: int = 5, most_nodes: int = 4) -> Problem:
    """Half of them with unequal nodes, half with several of one type; all with prices."""
    if seed % 2:
        return typed_problem(seed, most_blocks=most_blocks, most_nodes=most_nodes)
    problem = random_problem(seed, most_blocks=most_blocks, most_nodes=most_nodes)
    return any_order(_priced(problem, seed))


def typed_problem(seed: int, *, most_blocks: int = 5, most_nodes: int = 4) -> Problem:
    """Nodes of one to three types; links depend on the types alone, and some are missing."""
    rng, starts = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    n_types, n_blocks = int(rng.integers(1, 4)), int(rng.integers(1, most_blocks + 1))
    types = rng.integers(0, n_types, int(rng.integers(1, most_nodes + 1)))
    weights = rng.integers(0, 40, n_blocks)
    kinds = [
        make_node(
            "",
            rng.random(n_blocks),
            int(rng.integers(30, 150)),
            speed=float(rng.choice([0.5, 1.0, 3.0])),
            base_bytes=int(rng.integers(0, 10)),
            stage_start_s=float(starts.choice([0.0, 0.4])),
        ).model_copy(update={"price_per_s": float(rng.choice([0.0, 1.0, 2.5]))})
        for _ in range(n_types)
    ]
    nodes = [kinds[t].model_copy(update={"name": f"n{i}"}) for i, t in enumerate(types)]
    wires = {
        (a, b): (float(rng.choice([5.0, 50.0])), float(rng.choice([0.0, 0.25])))
        for a in range(n_types)
        for b in range(n_types)
        if rng.random() < 0.85
    }
    links = [
        _link(nodes[i].name, nodes[j].name, *wires[(a, b)])
        for i, a in enumerate(types)
        for j, b in enumerate(types)
        if i != j and (a, b) in wires
    ]
    names = [node.name for node in nodes]
    problem = make_problem(
        nodes,
        links,
        [int(n) for n in rng.choice([0, 5, 10, 20], n_blocks + 1)],
        weight_bytes=[int(n) for n in weights],
        live_bytes=[int(n) for n in rng.integers(0, 30, n_blocks)],
        source=str(rng.choice(names)),
        sink=str(rng.choice(names)),
    )
    return any_order(problem)


def unequal_problem(n_blocks: int, n_nodes: int, seed: int, *, memory: float = 3.0) -> Problem:
    """Unequal nodes and links, and so many times the memory that the model needs."""
    rng = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(n_nodes)]
    weights = rng.integers(100, 1000, n_blocks)
    cap = int(memory * weights.sum() / n_nodes) + 100
    times = rng.uniform(0.1, 1.0, n_blocks)
    nodes = [make_node(name, times, cap, speed=float(rng.uniform(0.25, 4.0))) for name in names]
    links = [_link(a, b, float(rng.uniform(10, 1000)), 0.1) for a in names for b in names if a != b]
    problem = make_problem(
        nodes,
        links,
        [int(n) for n in rng.integers(1, 100, n_blocks + 1)],
        weight_bytes=[int(n) for n in weights],
    )
    return any_order(problem)


def clustered_problem(n_blocks: int, seed: int, *, n_nodes: int = 6) -> Problem:
    """Local networks of three nodes each in a slow wide one; no single node holds much."""
    rng = np.random.default_rng(seed)
    names, times = [f"n{i}" for i in range(n_nodes)], rng.uniform(0.1, 1.0, n_blocks)
    weights = rng.integers(50, 100, n_blocks)
    cap = int(1.8 * weights.sum() / n_nodes) + 100
    nodes = [make_node(name, times, cap, speed=float(rng.uniform(0.25, 4.0))) for name in names]
    links = [
        _link(a, b, *((1e6, 0.001) if i // 3 == j // 3 else (50.0, 1.0)))
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i != j
    ]
    cuts = [int(n) for n in rng.integers(1, 100, n_blocks + 1)]
    problem = make_problem(nodes, links, cuts, weight_bytes=[int(n) for n in weights])
    return any_order(problem)


def _link(source: str, target: str, bytes_per_s: float, latency_s: float) -> Link:
    model = AffineLink(bandwidth_bytes_per_s=bytes_per_s, latency_s=latency_s)
    return Link(source=source, target=target, model=model, price_per_byte=latency_s / 10)


def _priced(problem: Problem, seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    prices = rng.choice([0.0, 1.0, 3.0], len(problem.nodes)).tolist()
    nodes = [
        node.model_copy(update={"price_per_s": price})
        for node, price in zip(problem.nodes, prices, strict=True)
    ]
    links = [
        link.model_copy(update={"price_per_byte": float(rng.choice([0.0, 0.1]))})
        for link in problem.links
    ]
    return problem.replaced(nodes=tuple(nodes), links=tuple(links))
