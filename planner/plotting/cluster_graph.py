"""The cluster as a graph with link loads: which nodes and wires does the plan use, and how much?

Loads are those of one request: bytes and busy time per direction of a link, compute time and memory
of a node. The busiest of all bounds the rate of requests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch

from netmodel.cluster import Cluster, Node
from netmodel.units import format_bandwidth, format_duration, format_size
from planner.breakdown import Breakdown, Origin
from planner.errors import MismatchError
from planner.plotting.cluster_layout import WIDTH_IN, Box, ClusterLayout, bow, lay_out
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import SKY, VERMILION
from planner.plotting.short_names import short_names

_MOST_DRAWN = 6
"""Nodes up to which those without a part, and links that are not in use, have their place."""
_FRAME_IN, _SPACE_IN = 1.0, 0.12
"""For title and legend, and around all that is drawn."""


@dataclass(frozen=True)
class NodeLoad:
    """One node."""

    name: str
    role: str
    """`source`, `sink`, `source and sink`, or nothing."""
    compute_ms: float
    """Of a request, on average if requests are dealt out in turn."""
    memory_mib: float
    """Of all its stages; 0 if it has none."""
    cap_mib: float
    parts: tuple[int, ...]
    """Indexes of the plan's parts that run on it."""


@dataclass(frozen=True)
class LinkLoad:
    """One direction of a link."""

    source: str
    target: str
    bandwidth_bytes_per_s: float
    medium: str | None
    moved_mib: float
    """Per request, on average if requests are dealt out in turn."""
    busy_ms: float
    """The same; 0 in a measured breakdown, which does not know it."""

    @property
    def is_used(self) -> bool:
        """Whether the plan sends anything over it."""
        return self.moved_mib > 0 or self.busy_ms > 0


@dataclass(frozen=True)
class ClusterTable:
    """What the plot shows."""

    nodes: tuple[NodeLoad, ...]
    """In the order in which a request comes to them, then those that it does not come to."""
    links: tuple[LinkLoad, ...]
    origin: Origin
    """Whether the loads are predicted or measured."""


def cluster_loads(cluster: Cluster, estimate: Breakdown) -> ClusterTable:
    """Sums what a plan's stages and hops put on nodes and links.

    Raises:
        MismatchError: the plan uses a node or a link that the cluster does not have.
    """
    moved: defaultdict[tuple[str, str], float] = defaultdict(float)
    busy: defaultdict[tuple[str, str], float] = defaultdict(float)
    for hop, pairs in zip(estimate.hops, estimate.pairs(), strict=True):
        for pair in pairs:
            if pair[0] != pair[1]:
                moved[pair] += hop.n_bytes / len(pairs)
                busy[pair] += hop.busy_s / len(pairs)
    names = {node.name for node in cluster.nodes}
    for stage in estimate.stages:
        if unknown := set(stage.nodes) - names:
            raise MismatchError(f"the plan uses {min(unknown)!r}, which is no node of the cluster")
    if missing := set(moved) - set(cluster.link_models):
        raise MismatchError("the plan needs the missing link {} -> {}".format(*min(missing)))
    return ClusterTable(
        nodes=tuple(_node_loads(cluster, estimate)),
        links=tuple(
            LinkLoad(
                source=link.source,
                target=link.target,
                bandwidth_bytes_per_s=link.model.bandwidth_bytes_per_s,
                medium=link.medium,
                moved_mib=moved[link.source, link.target] / 2**20,
                busy_ms=busy[link.source, link.target] * 1e3,
            )
            for link in cluster.links
        ),
        origin=estimate.origin,
    )


def height_in(table: ClusterTable) -> float:
    """Inches that the picture needs beside its 7 in width."""
    drawn = _layout(table)
    return drawn.high - drawn.low + 2 * _SPACE_IN + _FRAME_IN


def plot_cluster(table: ClusterTable, ax: Axes) -> None:
    """Draws the nodes in the order of the request, and links between them.

    The figure needs the constrained layout, 7 inches of width and `height_in`.
    """
    drawn, words = _layout(table), _node_words(table)
    boxes = {
        node.name: _draw_node(node, words[node.name], drawn.nodes[node.name], ax)
        for node in table.nodes
    }
    busiest = max((link.busy_ms or link.moved_mib for link in table.links), default=0.0)
    for link in table.links:
        if link.is_used or not _leaves_out(table):
            rad = bow(drawn.nodes[link.source], drawn.nodes[link.target])
            _draw_link(link, busiest, (boxes[link.source], boxes[link.target]), rad=-rad, ax=ax)
    for ends, text in _link_words(table).items():
        place = drawn.words[ends]
        ax.text(
            place.x, place.y, text, ha="center", va="center", fontsize="small", zorder=1.2,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
        )  # fmt: skip
    ax.set_xlim(-WIDTH_IN / 2, WIDTH_IN / 2)
    ax.set_ylim(drawn.low - _SPACE_IN, drawn.high + _SPACE_IN)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(f"What one request puts on nodes and links, {table.origin}", fontsize="medium")
    legend_below(ax, _keys(table))


def _keys(table: ClusterTable) -> list[Artist]:
    idle = sum(not link.is_used for link in table.links)
    is_drawn = not _leaves_out(table)
    words = "link not in use" if is_drawn else f"{idle} links not in use are left out"
    keys: list[Artist] = [
        Patch(facecolor=SKY, edgecolor="black", label="node that runs a stage"),
        Patch(facecolor="white", edgecolor="black", linestyle="--", label="node without a stage"),
        Line2D([], [], color=VERMILION, linewidth=3, label="link in use (thick: busy for long)"),
    ]
    if idle:
        line = Line2D([], [], color="0.6", linewidth=1, linestyle=":" if is_drawn else "none")
        line.set_label(words)
        keys.append(line)
    return keys


def _leaves_out(table: ClusterTable) -> bool:
    """Whether links that are not in use would hide all others."""
    return len(table.nodes) > _MOST_DRAWN and any(not link.is_used for link in table.links)


def _layout(table: ClusterTable) -> ClusterLayout:
    words = _node_words(table)
    visited = {node.name: words[node.name] for node in table.nodes if node.role or node.parts}
    rest = {name: text for name, text in words.items() if name not in visited}
    return lay_out(visited, rest, _link_words(table))


def _in_order(cluster: Cluster, estimate: Breakdown) -> list[Node]:
    """As the request comes to them, then those that it does not come to."""
    visited = (name for stage in estimate.stages for name in stage.nodes)
    names = (cluster.source, *visited, cluster.sink, *(node.name for node in cluster.nodes))
    by_name = {node.name: node for node in cluster.nodes}
    return [by_name[name] for name in dict.fromkeys(names)]


def _node_loads(cluster: Cluster, estimate: Breakdown) -> Iterator[NodeLoad]:
    for node in _in_order(cluster, estimate):
        stages = [(i, s) for i, s in enumerate(estimate.stages) if node.name in s.nodes]
        ends = (("source", cluster.source), ("sink", cluster.sink))
        yield NodeLoad(
            name=node.name,
            role=" and ".join(role for role, name in ends if name == node.name),
            compute_ms=sum(s.compute_s / len(s.nodes) for _, s in stages) * 1e3,
            memory_mib=sum(s.peak_bytes for _, s in stages) / 2**20,
            cap_mib=node.memory_bytes / 2**20,
            parts=tuple(i for i, _ in stages),
        )


def _draw_link(
    link: LinkLoad,
    busiest: float,
    ends: tuple[FancyBboxPatch, FancyBboxPatch],
    *,
    rad: float,
    ax: Axes,
) -> None:
    share = (link.busy_ms or link.moved_mib) / busiest if busiest else 0.0
    first, second = (_middle(box) for box in ends)
    arrow = FancyArrowPatch(
        first,
        second,
        patchA=ends[0],
        patchB=ends[1],
        shrinkA=2,
        shrinkB=2,
        connectionstyle=f"arc3,rad={rad}",
        arrowstyle="-|>",
        mutation_scale=16 if link.is_used else 8,
        color=VERMILION if link.is_used else "0.6",
        linewidth=1.2 + 3.3 * share if link.is_used else 0.8,
        linestyle="-" if link.is_used else ":",
        zorder=1.5 if link.is_used else 1.0,
    )
    ax.add_patch(arrow)


def _middle(box: FancyBboxPatch) -> tuple[float, float]:
    return box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2


def _link_words(table: ClusterTable) -> dict[tuple[str, str], str]:
    """At links that are in use."""
    return {(link.source, link.target): _load(link) for link in table.links if link.is_used}


def _load(link: LinkLoad) -> str:
    lines = [format_size(link.moved_mib * 2**20)]
    if link.busy_ms:
        lines.append(f"busy {format_duration(link.busy_ms / 1e3)}")
    lines.append(format_bandwidth(link.bandwidth_bytes_per_s))
    if link.medium:
        lines.append(f"({link.medium})")
    return "\n".join(lines)


def _node_words(table: ClusterTable) -> dict[str, str]:
    short = short_names(node.name for node in table.nodes)
    return {node.name: _words(node, short[node.name]) for node in table.nodes}


def _words(node: NodeLoad, name: str) -> str:
    lines, cap = [name], format_size(node.cap_mib * 2**20)
    if node.role:
        lines.append(f"({node.role})")
    if node.parts:
        parts = ", ".join(str(part) for part in node.parts)
        lines.append(f"stage {parts}: {format_duration(node.compute_ms / 1e3)}")
        lines.append(f"{format_size(node.memory_mib * 2**20)} of {cap}")
    else:
        lines.append(f"{cap}, no stage")
    return "\n".join(lines)


def _draw_node(node: NodeLoad, words: str, place: Box, ax: Axes) -> FancyBboxPatch:
    box = FancyBboxPatch(
        (place.x - place.width / 2, place.y - place.height / 2), place.width, place.height,
        boxstyle="round,pad=0,rounding_size=0.08", facecolor=SKY if node.parts else "white",
        edgecolor="black", linestyle="-" if node.parts else "--", zorder=4,
    )  # fmt: skip
    ax.add_patch(box)
    ax.text(place.x, place.y, words, ha="center", va="center", fontsize="small", zorder=5)
    return box
