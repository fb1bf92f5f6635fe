"""The cluster as a graph with link loads: which nodes and wires does the plan use, and how much?

Loads are those of one request: bytes and busy time per direction of a link, compute time and memory
of a node. The busiest of all bounds the rate of requests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch

from netmodel.cluster import Cluster
from netmodel.units import format_size
from planner.breakdown import Breakdown, Origin
from planner.errors import MismatchError
from planner.plotting.palette import SKY, VERMILION

_BOW = 0.2
"""Of a link's arc, in parts of its length; to the left of the way."""
_BOX = 0.62, 0.34
"""Width and height of a node, where the cluster is 2 wide."""
_TALLEST = 0.8
"""Height of the ellipse over its width."""


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
    mbit_per_s: float
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
                mbit_per_s=link.model.bandwidth_bytes_per_s * 8 / 1e6,
                medium=link.medium,
                moved_mib=moved[link.source, link.target] / 2**20,
                busy_ms=busy[link.source, link.target] * 1e3,
            )
            for link in cluster.links
        ),
        origin=estimate.origin,
    )


def plot_cluster(table: ClusterTable, ax: Axes) -> None:
    """Draws nodes on an ellipse and links between them.

    Best about 7 by 6 inches, by 3.5 for two nodes.
    """
    places = _places([node.name for node in table.nodes])
    boxes = {node.name: _draw_node(node, places[node.name], ax) for node in table.nodes}
    busiest = max((link.busy_ms or link.moved_mib for link in table.links), default=0.0)
    for link in table.links:
        _draw_link(link, busiest, (boxes[link.source], boxes[link.target]), ax)
        if link.is_used:
            _label_link(link, places, ax)
    ax.set_xlim(-1.4, 1.4)
    height = max(abs(y) for _, y in places.values())
    ax.set_ylim(-height - 0.65, max(height + 0.25, 0.4))
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(f"What one request puts on nodes and links, {table.origin}", fontsize="medium")
    handles = [
        Patch(facecolor=SKY, edgecolor="black", label="node that runs a part"),
        Patch(facecolor="white", edgecolor="black", linestyle="--", label="node without a part"),
        Line2D([], [], color=VERMILION, linewidth=3, label="link in use (thick: busy for long)"),
        Line2D([], [], color="0.6", linewidth=1, linestyle=":", label="link not in use"),
    ]
    ax.legend(handles=handles, fontsize="small", loc="lower center", ncols=2)


def _node_loads(cluster: Cluster, estimate: Breakdown) -> Iterator[NodeLoad]:
    for node in cluster.nodes:
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


def _places(names: list[str]) -> dict[str, tuple[float, float]]:
    """On an ellipse, clockwise from the left."""
    angles = [pi - 2 * pi * index / max(len(names), 2) for index in range(len(names))]
    return {n: (cos(a), _TALLEST * sin(a)) for n, a in zip(names, angles, strict=True)}


def _draw_link(
    link: LinkLoad, busiest: float, ends: tuple[FancyBboxPatch, FancyBboxPatch], ax: Axes
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
        connectionstyle=f"arc3,rad={-_BOW}",
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


def _label_link(link: LinkLoad, places: dict[str, tuple[float, float]], ax: Axes) -> None:
    """Just outside the middle of its arc."""
    (x0, y0), (x1, y1) = places[link.source], places[link.target]
    aside = _BOW / 2 + 0.04
    x, y = (x0 + x1) / 2 - aside * (y1 - y0), (y0 + y1) / 2 + aside * (x1 - x0)
    lines = [format_size(link.moved_mib * 2**20)]
    if link.busy_ms:
        lines[0] += f", busy {link.busy_ms:.3g} ms"
    lines.append(f"{link.mbit_per_s:.4g} Mbit/s" + (f" ({link.medium})" if link.medium else ""))
    ax.text(
        x, y, "\n".join(lines), ha="center", va="center", fontsize="small", zorder=3,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
    )  # fmt: skip


def _draw_node(node: NodeLoad, place: tuple[float, float], ax: Axes) -> FancyBboxPatch:
    lines, cap = [node.name], format_size(node.cap_mib * 2**20)
    if node.role:
        lines.append(f"({node.role})")
    if node.parts:
        parts = ", ".join(str(part + 1) for part in node.parts)
        lines.append(f"part {parts}: {node.compute_ms:.3g} ms")
        lines.append(f"{format_size(node.memory_mib * 2**20)} of {cap}")
    else:
        lines.append(f"{cap}, not used")
    width, height = _BOX
    box = FancyBboxPatch(
        (place[0] - width / 2, place[1] - height / 2), width, height,
        boxstyle="round,pad=0,rounding_size=0.05", facecolor=SKY if node.parts else "white",
        edgecolor="black", linestyle="-" if node.parts else "--", zorder=4,
    )  # fmt: skip
    ax.add_patch(box)
    ax.text(*place, "\n".join(lines), ha="center", va="center", fontsize="small", zorder=5)
    return box
