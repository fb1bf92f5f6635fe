"""Small problems, each with a story, and a generator of random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from planner.limits import Limits, Order
from planner.problem import NodeCosts, Problem
from planner.solvers.brute_force import feasible_plans
from profiler.profile_records import SharedWeight

IN_ORDER = Limits(order=Order.LISTED)
ROOMY = 10**9
"""A cap that never binds here."""


def make_node(
    name: str,
    times_s: Sequence[float],
    memory_bytes: int = ROOMY,
    *,
    speed: float = 1.0,
    base_bytes: int = 0,
    weight_factor: float = 1.0,
    blocks_over_whole: float = 1.0,
    stage_start_s: float = 0.0,
) -> NodeCosts:
    """A node on which the blocks take the given times."""
    return NodeCosts(
        name=name,
        memory_bytes=memory_bytes,
        base_bytes=base_bytes,
        weight_factor=weight_factor,
        block_latency_s=tuple(times_s),
        blocks_over_whole=blocks_over_whole,
        stage_start_s=stage_start_s,
        speed=speed,
    )


def make_link(
    source: str, target: str, bytes_per_s: float = 1000.0, latency_s: float = 0.0
) -> Link:
    """One direction of a wire."""
    model = AffineLink(bandwidth_bytes_per_s=bytes_per_s, latency_s=latency_s)
    return Link(source=source, target=target, model=model)


def mesh(names: Sequence[str], bytes_per_s: float = 1000.0, latency_s: float = 0.0) -> list[Link]:
    """Equal links between all nodes, both ways."""
    return [make_link(a, b, bytes_per_s, latency_s) for a in names for b in names if a != b]


def make_problem(
    nodes: Sequence[NodeCosts],
    links: Sequence[Link],
    cut_bytes: Sequence[int],
    *,
    weight_bytes: Sequence[int] | None = None,
    live_bytes: Sequence[int] | None = None,
    workspace_bytes: Sequence[int] = (),
    load_bytes: Sequence[int] = (),
    shared: Sequence[SharedWeight] = (),
    source: str | None = None,
    sink: str | None = None,
    stage_positions: Sequence[int] = (),
    limits: Limits = IN_ORDER,
) -> Problem:
    """A problem with one operator pair per block, from and to the first node unless told.

    Nodes are visited in their listed order unless told.
    """
    n_blocks = len(cut_bytes) - 1
    return Problem(
        graph_digest="graph",
        positions=tuple(range(0, 2 * n_blocks + 1, 2)),
        cut_tensors=tuple((f"t{i}",) for i in range(n_blocks + 1)),
        cut_bytes=tuple(cut_bytes),
        weight_bytes=tuple(weight_bytes or [0] * n_blocks),
        live_bytes=tuple(live_bytes or [0] * n_blocks),
        workspace_bytes=tuple(workspace_bytes),
        load_bytes=tuple(load_bytes),
        shared=tuple(shared),
        nodes=tuple(nodes),
        links=tuple(links),
        source=source or nodes[0].name,
        sink=sink or nodes[0].name,
        stage_positions=tuple(stage_positions),
        limits=limits,
    )


def limited(problem: Problem, **changes: object) -> Problem:
    """The problem with other limits, the rest as they are."""
    limits = problem.limits.model_dump() | changes
    return problem.replaced(limits=Limits.model_validate(limits))


def with_caps(problem: Problem, caps_bytes: Mapping[str, int]) -> Problem:
    """The problem with other memory caps on some nodes."""
    content = problem.model_dump()
    for node in content["nodes"]:
        node["memory_bytes"] = caps_bytes.get(node["name"], node["memory_bytes"])
    return Problem.model_validate(content)


def with_links(problem: Problem, links: Sequence[Link]) -> Problem:
    """The problem with more links."""
    added = [link.model_dump() for link in links]
    content = problem.model_dump()
    return Problem.model_validate(content | {"links": [*content["links"], *added]})


def has_a_plan(problem: Problem) -> bool:
    """Whether any plan of the class holds all caps and limits."""
    return next(feasible_plans(problem), None) is not None


def two_phones_one_server() -> Problem:
    """Two weak phones of one type and a fast server; the middle of the model is narrow."""
    times = (2.0, 2.0, 2.0, 2.0)
    nodes = [
        make_node("phone-1", times, 100, base_bytes=10),
        make_node("phone-2", times, 60, base_bytes=10),
        make_node("server", times, 1000, base_bytes=20, speed=4.0, weight_factor=1.5),
    ]
    links = mesh(["phone-1", "phone-2", "server"], bytes_per_s=10.0, latency_s=0.5)
    return make_problem(
        nodes,
        links,
        cut_bytes=(40, 20, 5, 20, 10),
        weight_bytes=(10, 20, 30, 40),
        live_bytes=(60, 30, 20, 10),
        stage_positions=(2, 4),
    )


def model_too_large_for_each_node() -> Problem:
    """Four equal blocks that fit two nodes only if each takes two, exactly to the byte."""
    nodes = [make_node(name, (1.0,) * 4, 250, base_bytes=30) for name in ("left", "right")]
    return make_problem(
        nodes,
        mesh(["left", "right"]),
        cut_bytes=(10, 10, 10, 10, 10),
        weight_bytes=(100,) * 4,
        live_bytes=(10,) * 4,
    )


def tied_first_and_last() -> Problem:
    """An embedding of 80 bytes that the first and the last block read: one part stores it once."""
    nodes = [make_node(name, (1.0, 1.0, 1.0), 200) for name in ("one", "two")]
    return make_problem(
        nodes,
        mesh(["one", "two"]),
        cut_bytes=(4, 4, 4, 4),
        weight_bytes=(80, 10, 90),
        shared=[SharedWeight(name="embedding", n_bytes=80, blocks=(0, 2))],
    )


def free_wires() -> Problem:
    """Equal machines and wires that take no time for empty messages: every plan takes as long."""
    nodes = [make_node(name, (1.0, 1.0, 1.0)) for name in ("a", "b", "c")]
    return make_problem(nodes, mesh(["a", "b", "c"]), cut_bytes=(0, 0, 0, 0))


def one_way_street() -> Problem:
    """Sensor to worker to desk, one way only; the sensor can hold the first block alone."""
    nodes = [
        make_node("sensor", (1.0, 1.0, 1.0), 20),
        make_node("worker", (1.0, 1.0, 1.0), 100),
        make_node("desk", (1.0, 1.0, 1.0), 100),
    ]
    links = [make_link("sensor", "worker"), make_link("worker", "desk")]
    return make_problem(
        nodes, links, (5, 5, 5, 5), weight_bytes=(10, 40, 40), source="sensor", sink="desk"
    )


def two_small_relays() -> Problem:
    """All requests pass two relays in a row, each of which is 6 bytes short: one is not enough."""
    names = ["start", "relay-1", "relay-2", "end"]
    nodes = [make_node(name, (1.0, 1.0), 1 if name in ("start", "end") else 10) for name in names]
    links = [make_link(a, b) for a, b in pairwise(names)]
    return make_problem(nodes, links, (2, 2, 2), weight_bytes=(14, 10), source="start", sink="end")


NAMED = (
    two_phones_one_server,
    model_too_large_for_each_node,
    tied_first_and_last,
    free_wires,
    one_way_street,
)


def random_problem(seed: int, *, most_blocks: int = 5, most_nodes: int = 4) -> Problem:
    """A small problem where ties, empty cuts, binding caps and missing links are common."""
    rng, starts = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    n_blocks = int(rng.integers(1, most_blocks + 1))
    names = [f"n{i}" for i in range(int(rng.integers(1, most_nodes + 1)))]
    weights = rng.integers(0, 40, n_blocks)
    shared = _shared(rng, weights) if n_blocks > 1 and rng.random() < 0.3 else []
    cap = int(rng.choice([90, 150, 250, 400]))
    nodes = [
        make_node(
            name,
            rng.integers(0, 4, n_blocks) / 2.0 if rng.random() < 0.5 else rng.random(n_blocks),
            int(rng.integers(cap // 3, cap + 1)),
            speed=float(rng.choice([0.5, 1.0, 1.0, 3.0])),
            base_bytes=int(rng.integers(0, 10)),
            weight_factor=float(rng.choice([1.0, 1.1, 2.5])),
            blocks_over_whole=float(rng.choice([0.9, 1.0, 1.2])),
            stage_start_s=float(starts.choice([0.0, 0.0, 0.4])),
        )
        for name in names
    ]
    present = float(rng.choice([1.0, 1.0, 1.0, 0.7, 0.4]))
    links = [
        make_link(a, b, float(rng.choice([5.0, 50.0])), float(rng.choice([0.0, 0.25])))
        for a in names
        for b in names
        if a != b and rng.random() < present
    ]
    return make_problem(
        nodes,
        links,
        [int(n) for n in rng.choice([0, 0, 5, 10, 20], n_blocks + 1)],
        weight_bytes=[int(n) for n in weights],
        live_bytes=[int(n) for n in rng.integers(0, 30, n_blocks)],
        shared=shared,
        source=str(rng.choice(names)),
        sink=str(rng.choice(names)),
        **_work(seed, n_blocks),
    )


def _work(seed: int, n_blocks: int) -> dict[str, list[int]]:
    """What blocks need beside live bytes and for loading; nothing in half of the problems."""
    rng = np.random.default_rng((seed, 1))
    if rng.random() < 0.5:
        return {}
    return {
        name: [int(n) for n in rng.choice([0, 0, 3, 25], n_blocks)]
        for name in ("workspace_bytes", "load_bytes")
    }


def _shared(rng: np.random.Generator, weights: np.ndarray) -> list[SharedWeight]:
    """One or two parameters that random blocks read; their bytes are added to those blocks."""
    shared = []
    for index in range(int(rng.integers(1, 3))):
        size = int(rng.integers(2, len(weights) + 1))
        blocks = sorted(int(b) for b in rng.choice(len(weights), size, replace=False))
        n_bytes = int(rng.integers(1, 60))
        weights[blocks] += n_bytes
        shared.append(SharedWeight(name=f"w{index}", n_bytes=n_bytes, blocks=tuple(blocks)))
    return shared


def large_problem(n_blocks: int, n_nodes: int, *, cap_bytes: int, seed: int = 0) -> Problem:
    """A chain of many random blocks over unequal machines, all linked."""
    rng = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(n_nodes)]
    times_s = rng.uniform(1e-4, 1e-3, n_blocks)
    nodes = [
        make_node(name, times_s, cap_bytes, speed=float(speed), base_bytes=10**6)
        for name, speed in zip(names, rng.uniform(0.25, 4.0, n_nodes), strict=True)
    ]
    links = [
        make_link(a, b, float(rng.uniform(1e6, 1e8)), 1e-3) for a in names for b in names if a != b
    ]
    return make_problem(
        nodes,
        links,
        [int(n) for n in rng.integers(10**3, 10**5, n_blocks + 1)],
        weight_bytes=[int(n) for n in rng.integers(10**4, 10**6, n_blocks)],
        live_bytes=[int(n) for n in rng.integers(10**4, 10**6, n_blocks)],
    )
