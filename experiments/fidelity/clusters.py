"""The clusters of the grid, with memory caps that force cuts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netmodel.cluster import Cluster
from planner import api
from planner.costs.memory import stage_bytes
from planner.problem import Problem, build_problem
from profiler.profile_records import Profile

FOLDER = Path(__file__).parent / "clusters"

CAP_SHARES: dict[str, dict[str, float]] = {
    "phone_server": {"phone": 0.5},
    "boxes": {"box-a": 0.4, "box-b": 0.55, "box-c": 0.7},
    "camera": {"camera": 0.25, "gateway": 0.6},
}
"""Caps of nodes, as shares of the way from the least that a block needs to what the whole model
does. Models and runtimes differ by a factor of ten in memory: a cap in bytes would bind one of
them only."""

_STEP = 0.1


def read(name: str) -> Cluster:
    """The cluster of that name, with the generous caps of its file."""
    return api.read_cluster(FOLDER / f"{name}.yaml")


def capped(name: str, profile: Profile) -> Iterator[Cluster]:
    """The cluster with caps between what a part and what the whole of this model needs.

    Then with ever wider caps, and at last with those of the file; only where a plan fits.
    """
    cluster = read(name)
    problem = build_problem(profile, cluster)
    for more in range(round(1 / _STEP)):
        tried = _with_caps(name, cluster, problem, more * _STEP)
        options = api.PlanOptions(reorder=False, time_limit_s=5.0)
        if api.plan(profile, tried, options=options).solution.plan is not None:
            yield tried
    yield cluster


def _with_caps(name: str, cluster: Cluster, problem: Problem, more: float) -> Cluster:
    shares = CAP_SHARES[name]
    nodes = tuple(
        node.model_copy(update={"memory_bytes": _cap(problem, node.name, shares[node.name] + more)})
        if node.name in shares
        else node
        for node in cluster.nodes
    )
    return cluster.model_copy(update={"nodes": nodes})


def _cap(problem: Problem, name: str, share: float) -> int:
    node, n = problem.nodes[problem.node_index[name]], problem.n_blocks
    least = min(stage_bytes(problem, node, block, block + 1) for block in range(n))
    whole = stage_bytes(problem, node, 0, n)
    return least + round(share * (whole - least))
