"""Random models that branch, on random clusters, and the oracle over all orders of their blocks."""

from __future__ import annotations

import numpy as np

from netmodel.cluster import Cluster, Link, Node
from netmodel.errors import ClusterError
from netmodel.links.affine import AffineLink
from planner.limits import Limits, Order
from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, Objective, makespan
from planner.problem import build_problem
from planner.solvers.brute_force import feasible_plans
from profiler.block_order import block_dag, reordered
from profiler.profile_records import Profile
from tests.profiler.branching import every_order, random_branching

LISTED = Limits(order=Order.LISTED)
FREE = Limits(order=Order.FREE)
REVISITS = Limits(order=Order.FREE, revisits=True)
OBJECTIVES = (LATENCY, PRICE, THROUGHPUT, NODES, makespan(3))
_LEAST: dict[tuple[str, str, Limits], dict[Objective, float]] = {}
"""What was found, as many tests ask for the same."""


def random_cluster(seed: int, *, most_nodes: int = 3) -> Cluster:
    """Unequal nodes with caps that often bind, and links of which some may be missing."""
    rng = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(int(rng.integers(2, most_nodes + 1)))]
    cap = int(rng.choice([200, 300, 400, 10**6]))
    nodes = tuple(
        Node(
            name=name,
            memory_bytes=int(rng.integers(2 * cap // 3, cap + 1)),
            speed=float(rng.choice([0.3, 1.0, 3.0])),
            price_per_s=float(rng.choice([0.0, 1.0, 5.0])),
        )
        for name in names
    )
    present = float(rng.choice([1.0, 1.0, 0.8]))
    links = tuple(
        Link(
            source=a,
            target=b,
            model=AffineLink(
                bandwidth_bytes_per_s=float(rng.choice([30.0, 100.0, 300.0])),
                latency_s=float(rng.choice([0.0, 0.1])),
            ),
            price_per_byte=float(rng.choice([0.0, 0.01])),
        )
        for a in names
        for b in names
        if a != b and rng.random() < present
    )
    ends = {"source": str(rng.choice(names)), "sink": str(rng.choice(names))}
    try:
        return Cluster(nodes=nodes, links=links, **ends)
    except (ClusterError, ValueError):  # the sink is cut off
        return random_cluster(seed + 10_000, most_nodes=most_nodes)


def random_instance(
    seed: int, *, most_blocks: int = 5, most_nodes: int = 3
) -> tuple[Profile, Cluster]:
    """A small model that mostly branches, and a cluster for it."""
    profile = random_branching(seed, most_blocks=most_blocks)
    return profile, random_cluster(seed, most_nodes=most_nodes)


def best_of_all_orders(
    profile: Profile, cluster: Cluster, limits: Limits, objective: Objective = LATENCY
) -> float:
    """The least value over every order of the blocks and every plan; infinite if nothing fits."""
    key = profile.model_dump_json(), cluster.model_dump_json(), limits
    if key not in _LEAST:
        _LEAST[key] = _least_values(profile, cluster, limits)
    return _LEAST[key][objective]


def _least_values(profile: Profile, cluster: Cluster, limits: Limits) -> dict[Objective, float]:
    """For every objective at once: plans take longer to price than to judge."""
    least = dict.fromkeys(OBJECTIVES, float("inf"))
    for order in every_order(block_dag(profile)):
        problem = build_problem(reordered(profile, order), cluster, limits=limits)
        for _, price in feasible_plans(problem):
            for objective in OBJECTIVES:
                least[objective] = min(least[objective], objective.value(price))
    return least
