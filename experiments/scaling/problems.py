"""Random problems of several styles: chains of blocks over unequal, linked nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from planner.limits import Limits, Order
from planner.problem import NodeCosts, Problem


@dataclass(frozen=True)
class Style:
    """What a style changes about the plain problem."""

    memory: float = 3.0
    """Memory of all nodes together, in weights of the model."""
    slowdown: float = 1.0
    """Of compute."""
    bytes_per_s: tuple[float, float] = (1e6, 1e8)
    """Of links, from the slowest to the fastest."""
    kinds: int = 0
    """Kinds of equal nodes; each node is one of its own if 0."""
    local: int = 0
    """Nodes of each fast local network in a slow wide one; one plain network if 0."""


STYLES = {
    "plain": Style(),
    "tight memory": Style(memory=1.45),
    "slow links": Style(bytes_per_s=(3e4, 1e7)),
    "heavy compute": Style(slowdown=30.0),
    "four kinds of nodes": Style(kinds=4),
    "local networks": Style(local=8),
}


def synthetic_problem(
    n_blocks: int, n_nodes: int, *, seed: int, style: str = "plain", order: Order = Order.FREE
) -> Problem:
    """Random blocks over unequal machines, all linked, in a style."""
    rng, chosen = np.random.default_rng(seed), STYLES[style]
    weight_bytes = rng.integers(10**4, 10**6, n_blocks)
    cap_bytes = int(chosen.memory * weight_bytes.sum()) // n_nodes + 2 * 10**6
    times_s = chosen.slowdown * rng.uniform(1e-4, 1e-3, n_blocks)
    kinds = np.arange(n_nodes) % chosen.kinds if chosen.kinds else np.arange(n_nodes)
    speeds = rng.uniform(0.25, 4.0, n_nodes)[kinds]
    names = [f"node-{index}" for index in range(n_nodes)]
    nodes = tuple(
        NodeCosts(
            name=name,
            memory_bytes=cap_bytes,
            base_bytes=10**6,
            weight_factor=1.1,
            block_latency_s=tuple(times_s),
            blocks_over_whole=1.0,
            speed=float(speed),
        )
        for name, speed in zip(names, speeds, strict=True)
    )
    return Problem(
        graph_digest="synthetic",
        positions=tuple(range(n_blocks + 1)),
        cut_tensors=tuple((f"t{index}",) for index in range(n_blocks + 1)),
        cut_bytes=tuple(rng.integers(10**3, 10**5, n_blocks + 1).tolist()),
        weight_bytes=tuple(weight_bytes.tolist()),
        live_bytes=tuple(rng.integers(10**4, 10**6, n_blocks).tolist()),
        nodes=nodes,
        links=_links(rng, chosen, names, kinds.tolist()),
        source=names[0],
        sink=names[0],
        limits=Limits(order=order),
    )


def _links(
    rng: np.random.Generator, style: Style, names: list[str], kinds: list[int]
) -> tuple[Link, ...]:
    """Speeds spread evenly, or by powers where they differ by more than a hundred times."""
    low, high = style.bytes_per_s
    speeds = rng.uniform(low, high, (len(names), len(names)))
    if high / low > 100:
        speeds = np.exp(rng.uniform(np.log(low), np.log(high), speeds.shape))
    found = []
    for a, source in enumerate(names):
        for b, target in enumerate(names):
            if a == b:
                continue
            speed, latency_s = float(speeds[kinds[a], kinds[b]]), 1e-3
            if style.local:
                near = a // style.local == b // style.local
                speed, latency_s = (1e8, 2e-4) if near else (2.5e6, 2e-2)
            model = AffineLink(bandwidth_bytes_per_s=speed, latency_s=latency_s)
            found.append(Link(source=source, target=target, model=model))
    return tuple(found)
