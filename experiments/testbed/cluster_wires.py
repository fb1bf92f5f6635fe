"""The wires that stand for the links of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from experiments.testbed.errors import TestbedError
from experiments.testbed.wires import Wire
from netmodel.cluster import Cluster, Link
from netmodel.links.affine import AffineLink
from netmodel.units import write_bandwidth


def wires_of(cluster: Cluster) -> list[Wire]:
    """One wire per link, with its bandwidth and latency; in pieces, with that of long messages.

    A link without one that leads back gets a wire back like itself, on which no connection can be
    opened: TCP sends its acknowledgements there.
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


def notes_on(cluster: Cluster, planned: Cluster, hops: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What of a plan's prediction a testbed does not stand for, one line each.

    Args:
        cluster: as it is built; covers the hops.
        planned: the one that the plan was made for.
        hops: sending and receiving node of each.
    """
    hops = dict.fromkeys(hops)
    other = next(_differences(cluster, planned, hops), None)
    if other is not None:
        yield (
            f"the testbed's cluster is not the plan's: {other} differs, and what is predicted is "
            "for the plan's; plan for the testbed's to compare"
        )
    for link in cluster.links:
        if (link.source, link.target) in hops and not isinstance(link.model, AffineLink):
            rate = write_bandwidth(float(f"{link.model.bandwidth_bytes_per_s:.3g}"))
            yield (
                f"the link {link.source} -> {link.target} has its price per byte by size; its wire "
                f"carries all at {rate}, that of long messages"
            )


def _differences(
    cluster: Cluster, planned: Cluster, hops: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Nodes, then links, of the hops that are not the same but for their prices."""
    nodes = [
        {node.name: (node.memory_bytes, node.speed, node.profile) for node in either.nodes}
        for either in (cluster, planned)
    ]
    links = [
        {(link.source, link.target): (link.model, link.medium) for link in either.links}
        for either in (cluster, planned)
    ]
    for name in dict.fromkeys(node for hop in hops for node in hop):
        if nodes[0].get(name) != nodes[1].get(name):
            yield f"the node {name}"
    for hop in hops:
        if links[0].get(hop) != links[1].get(hop):
            yield f"the link {hop[0]} -> {hop[1]}"


def _wire(link: Link, positions: dict[str, int]) -> Wire:
    return Wire(
        source=positions[link.source],
        target=positions[link.target],
        bytes_per_s=link.model.bandwidth_bytes_per_s,
        delay_s=link.model.latency_s,
        medium=link.medium,
    )
