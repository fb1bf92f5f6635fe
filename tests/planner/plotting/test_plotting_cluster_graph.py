"""The picture of the cluster with link loads."""

from itertools import combinations, pairwise

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

from netmodel.cluster import Cluster, Node
from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import MismatchError
from planner.plotting.cluster_graph import (
    LinkLoad,
    NodeLoad,
    cluster_loads,
    height_in,
    plot_cluster,
)
from tests.planner.instances import mesh
from tests.planner.plotting.drawing import assert_on_the_page, drawn, legend_words, texts

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
    assert used["phone", "right"] == LinkLoad("phone", "right", 1.25e6, None, 2.0, 250.0)
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
        ["2 MiB\nbusy 250 ms\n10 Mbit/s"] * 2 + ["1 MiB\nbusy 125 ms\n10 Mbit/s"] * 2
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
        "phone\n(source and sink)\nstage 0: 250 ms\n1 MiB of 8 MiB",
        "left\n8 MiB, no stage",
        "right\n8 MiB, no stage",
    ]
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert [box.get_linestyle() for box in boxes] == ["-", "--", "--"]


def test_a_single_node_can_be_drawn():
    alone = Breakdown(
        origin="predicted", stages=[stage("phone", 0, 0.25)],
        hops=[hop("phone", "phone", 1, 0.0)] * 2, latency_s=0.25,
    )  # fmt: skip
    ax = drawn(plot_cluster, cluster_loads(cluster(("phone",)), alone))
    assert texts(ax) == ["phone\n(source and sink)\nstage 0: 250 ms\n1 MiB of 8 MiB"]
    assert not [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def test_links_are_as_thick_as_they_are_busy():
    ax = drawn(plot_cluster, cluster_loads(cluster(), dealt_out()))
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    used = [arrow.get_linewidth() for arrow in arrows if arrow.get_linestyle() == "-"]
    idle = [arrow.get_linewidth() for arrow in arrows if arrow.get_linestyle() == ":"]
    # Both ways out are busy for 250 ms, both ways back for 125 ms: half of 3.3 above 1.2 points.
    assert sorted(used) == pytest.approx([2.85, 2.85, 4.5, 4.5])
    assert max(idle) < min(used)


def round_trip(n_nodes, n_parts):
    """From the source over the others and back, which are more nodes than are needed."""
    names = ["phone", *(f"inference-box-{i:02}.frankfurt.example.org" for i in range(1, n_nodes))]
    used = names[1 : n_parts + 1]
    ends = ["phone", *used, "phone"]
    estimate = Breakdown(
        origin="predicted",
        stages=[stage(name, i, 0.0123 * (i + 1)) for i, name in enumerate(used)],
        hops=[hop(a, b, 100, 0.0234) for a, b in pairwise(ends)],
        latency_s=1.0,
    )
    return cluster_loads(cluster(names, mesh(names, 1.25e9)), estimate)


def picture(table):
    ax = drawn(plot_cluster, table, (7, height_in(table)))
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    inside, beside = ax.texts[: len(boxes)], ax.texts[len(boxes) :]
    return ax, boxes, inside, beside


@pytest.mark.parametrize(
    ("n_nodes", "n_parts"), [(2, 1), (5, 3), (5, 4), (12, 1), (12, 2), (12, 4), (12, 11)]
)
def test_all_words_are_readable(n_nodes, n_parts):
    ax, boxes, inside, beside = picture(round_trip(n_nodes, n_parts))
    assert_on_the_page(ax.figure)
    frames = [box.get_window_extent() for box in boxes]
    for frame, text in zip(frames, inside, strict=True):
        words = text.get_window_extent()
        assert frame.x0 <= words.x0 <= words.x1 <= frame.x1
        assert frame.y0 <= words.y0 <= words.y1 <= frame.y1
    labels = [Text.get_window_extent(text) for text in beside]
    assert len(labels) == n_parts + 1
    assert not [one for one, two in combinations([*frames, *labels], 2) if one.overlaps(two)]


def test_of_many_nodes_the_links_that_are_not_in_use_are_counted_and_not_drawn():
    ax, *_ = picture(round_trip(12, 2))
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert [arrow.get_linestyle() for arrow in arrows] == ["-"] * 3
    assert legend_words(ax)[-1] == "129 links not in use are left out"  # of 12 · 11
    ax, *_ = picture(round_trip(5, 2))
    assert legend_words(ax)[-1] == "link not in use"


def test_a_label_hides_no_link():
    ax, _, _, beside = picture(round_trip(5, 3))
    used = [p for p in ax.patches if isinstance(p, FancyArrowPatch) and p.get_linestyle() == "-"]
    assert max(text.get_zorder() for text in beside) < min(arrow.get_zorder() for arrow in used)


def test_ten_gigabits_are_said_so():
    assert "100 MiB\nbusy 23.4 ms\n10 Gbit/s" in texts(picture(round_trip(5, 3))[0])


def test_nodes_stand_in_the_order_of_the_request():
    names = ("right", "left", "phone")
    table = cluster_loads(cluster(names), dealt_out())
    assert [node.name for node in table.nodes] == ["phone", "left", "right"]
