"""The wires that stand for the links of a cluster."""

from __future__ import annotations

from collections.abc import Iterable

from experiments.testbed.errors import TestbedError
from experiments.testbed.wires import Wire
from netmodel.cluster import Cluster, Link
from netmodel.links.affine import AffineLink


def wires_of(cluster: Cluster) -> list[Wire]:
    """One wire per link, with its bandwidth and latency.

    A link without one that leads back gets a wire back like itself, on which no connection can be
    opened: TCP sends its acknowledgements there.

    Raises:
        TestbedError: a link is not affine.
    """
    positions = {node.name: index for index, node in enumerate(cluster.nodes)}
    wires = [_wire(link, positions) for link in cluster.links]
    known = {wire.ends for wire in wires}
    answers = [
        Wire(
            source=wire.target,
            target=wire.source,
            bytes_per_s=wire.bytes_per_s,
            delay_s=wire.delay_s,
            medium=wire.medium,
            answers_only=True,
        )
        for wire in wires
        if (wire.target, wire.source) not in known
    ]
    return wires + answers


def check_covers(cluster: Cluster, hops: Iterable[tuple[str, str]]) -> None:
    """Makes sure that a cluster has the nodes and links of a plan's hops.

    Args:
        cluster: to be built.
        hops: sending and receiving node of each, the same where nothing is sent.

    Raises:
        TestbedError: it lacks some; the message names all of them.
    """
    hops = list(hops)
    names = [node.name for node in cluster.nodes]
    used = dict.fromkeys(node for hop in hops for node in hop)
    nodes = [f"the node {name}" for name in used if name not in names]
    links = [
        f"a link from {source} to {target}"
        for source, target in dict.fromkeys(hops)
        if source != target
        and {source, target} <= set(names)
        and (source, target) not in cluster.link_models
    ]
    if nodes or links:
        raise TestbedError(
            f"the testbed's cluster lacks {', '.join(nodes + links)}, which the plan uses: "
            "describe them in its file, or plan for this cluster"
        )


def _wire(link: Link, positions: dict[str, int]) -> Wire:
    if not isinstance(link.model, AffineLink):
        raise TestbedError(
            f"the link from {link.source} to {link.target} is no plain bandwidth and latency, but "
            "a testbed's wires are: describe it with these two"
        )
    return Wire(
        source=positions[link.source],
        target=positions[link.target],
        bytes_per_s=link.model.bandwidth_bytes_per_s,
        delay_s=link.model.latency_s,
        medium=getattr(link, "medium", None),
    )
