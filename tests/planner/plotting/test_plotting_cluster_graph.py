"""The picture of the cluster with link loads."""

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from netmodel.cluster import Cluster, Node
from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import MismatchError
from planner.plotting.cluster_graph import LinkLoad, NodeLoad, cluster_loads, plot_cluster
from tests.planner.instances import mesh
from tests.planner.plotting.drawing import drawn, texts

NAMES = ("phone", "left", "right")


def cluster(names=NAMES, links=None):
    nodes = [Node(name=name, memory_bytes=8 * 2**20, speed=1.0) for name in names]
    wires = mesh(names, 1.25e6) if links is None else links
    return Cluster(source="phone", sink="phone", nodes=nodes, links=wires)


def stage(node, start, compute_s, *, replicas=()):
    return StageTerm(
        node=node, replicas=replicas, start=start, stop=start + 1, compute_s=compute_s,
        peak_bytes=2**20, cap_bytes=8 * 2**20,
    )  # fmt: skip


def hop(source, target, mib, busy_s):
    return HopTerm(
        source=source, target=target, n_bytes=mib * 2**20, transfer_s=busy_s, busy_s=busy_s
    )


def dealt_out():
    """The phone, then left and right in turn, then the phone again."""
    return Breakdown(
        origin="predicted",
        stages=[stage("phone", 0, 0.25), stage("left", 1, 0.5, replicas=("right",))],
        hops=[hop("phone", "phone", 9, 0.0), hop("phone", "left", 4, 0.5),
              hop("left", "phone", 2, 0.25)],
        latency_s=1.5,
    )  # fmt: skip


def test_replicas_share_the_load_of_nodes_and_links():
    table = cluster_loads(cluster(), dealt_out())
    assert table.nodes == (
        NodeLoad("phone", "source and sink", 250.0, 1.0, 8.0, (0,)),
        NodeLoad("left", "", 250.0, 1.0, 8.0, (1,)),
        NodeLoad("right", "", 250.0, 1.0, 8.0, (1,)),
    )
    used = {(link.source, link.target): link for link in table.links if link.is_used}
    assert used["phone", "right"] == LinkLoad("phone", "right", 10.0, None, 2.0, 250.0)
    assert used["left", "phone"].busy_ms == 125.0
    assert len(used) == 4
    assert len(table.links) == 6


def test_what_the_cluster_does_not_have_is_an_error():
    with pytest.raises(MismatchError, match="'right', which is no node"):
        cluster_loads(cluster(("phone", "left")), dealt_out())
    only = [link for link in mesh(NAMES) if link.target != "right"]
    with pytest.raises(MismatchError, match="missing link phone -> right"):
        cluster_loads(cluster(links=only), dealt_out())


def test_used_links_are_labelled_with_bytes_and_busy_time():
    ax = drawn(plot_cluster, cluster_loads(cluster(), dealt_out()))
    labels = [text for text in texts(ax) if "Mbit/s" in text]
    assert sorted(labels) == sorted(
        ["2 MiB, busy 250 ms\n10 Mbit/s"] * 2 + ["1 MiB, busy 125 ms\n10 Mbit/s"] * 2
    )
    assert ax.get_title() == "What one request puts on nodes and links, predicted"


def test_links_in_use_are_full_and_the_others_dotted():
    ax = drawn(plot_cluster, cluster_loads(cluster(), dealt_out()))
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert sorted(arrow.get_linestyle() for arrow in arrows) == ["-"] * 4 + [":"] * 2


def test_a_node_without_a_part_is_dashed_and_says_so():
    alone = Breakdown(
        origin="measured",
        stages=[stage("phone", 0, 0.25)],
        hops=[hop("phone", "phone", 1, 0.0)] * 2,
        latency_s=0.25,
    )
    ax = drawn(plot_cluster, cluster_loads(cluster(), alone))
    assert texts(ax) == [
        "phone\n(source and sink)\npart 1: 250 ms\n1 MiB of 8 MiB",
        "left\n8 MiB, not used",
        "right\n8 MiB, not used",
    ]
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert [box.get_linestyle() for box in boxes] == ["-", "--", "--"]


def test_a_single_node_can_be_drawn():
    alone = Breakdown(
        origin="predicted", stages=[stage("phone", 0, 0.25)],
        hops=[hop("phone", "phone", 1, 0.0)] * 2, latency_s=0.25,
    )  # fmt: skip
    ax = drawn(plot_cluster, cluster_loads(cluster(("phone",)), alone))
    assert texts(ax) == ["phone\n(source and sink)\npart 1: 250 ms\n1 MiB of 8 MiB"]
    assert not [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
