"""Model graph by stage: which blocks run where, and which tensors cross the cuts?

Blocks stand below each other in the order in which they run. A tensor that goes to the next block
is a short line, every other one an arc on the right; what crosses a cut is drawn thick.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Patch

from netmodel.units import format_size
from planner.errors import MismatchError
from planner.plan import Plan
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import style_of
from planner.plotting.short_names import short_names, shortened
from profiler.blocks import Block, blocks_between
from profiler.graph import ModelGraph
from profiler.profile_records import Profile

_INPUT = -1
_NAME_CHARACTERS = 36
_WIDTH = 3.2
"""Of a block's box, in the units of the x axis; a block is 1 high."""


@dataclass(frozen=True)
class GraphBlock:
    """One block."""

    name: str
    stage: int
    """Index of the part that it belongs to."""


@dataclass(frozen=True)
class GraphEdge:
    """All that one block reads from another."""

    source: int
    """Block, or -1 for the model's inputs."""
    target: int
    n_bytes: int
    crosses_cut: bool
    """Whether its ends are on different parts."""


@dataclass(frozen=True)
class GraphTable:
    """What the plot shows."""

    blocks: tuple[GraphBlock, ...]
    edges: tuple[GraphEdge, ...]
    """By source and target."""
    stages: tuple[tuple[str, ...], ...]
    """Nodes of each part."""
    n_blocks: tuple[int, ...]
    """The plan's, of each part; fewer are drawn where some are taken together."""
    cut_bytes: tuple[int, ...]
    """What is carried from each part to the next, tensors that only pass through included."""


def model_graph(profile: Profile, plan: Plan, positions: Sequence[int] = ()) -> GraphTable:
    """Blocks, what they read from each other, and their parts.

    Args:
        profile: the blocks that the plan counts, in its order (`profiler.block_order.reordered` if
            that is not the program's).
        plan: of these blocks.
        positions: borders of coarser blocks as operator positions, both ends and the plan's cuts
            included; the profile's own blocks if not given.

    Raises:
        MismatchError: the plan is of another model, or of other blocks; or a border is inside of a
            block of the profile, or a cut inside of a coarser one.
    """
    if not _counts_its_blocks(plan, profile):
        raise MismatchError(
            f"the plan is not of the blocks in the profile of {profile.graph.model}: give the "
            "profile that it was planned with"
        )
    own = {cut.position: cut for cut in profile.cuts}
    starts = [stage.op_start for stage in plan.stages]
    if positions and not {*starts} <= {*positions} <= {*own}:
        raise MismatchError(
            "the coarser blocks are not made of whole blocks of the profile, or the plan cuts "
            "inside of them: give borders of a level of the profile and the plan's cuts"
        )
    blocks = blocks_between(profile.graph, positions) if positions else _own_blocks(profile)
    stage_of = [bisect_right(starts, block.start) - 1 for block in blocks]
    return GraphTable(
        blocks=tuple(
            GraphBlock(block.name, stage) for block, stage in zip(blocks, stage_of, strict=True)
        ),
        edges=_edges(profile.graph, blocks, stage_of),
        stages=tuple(stage.nodes for stage in plan.stages),
        n_blocks=tuple(stage.stop - stage.start for stage in plan.stages),
        cut_bytes=tuple(own[start].n_bytes for start in starts[1:]),
    )


def plot_model_graph(table: GraphTable, ax: Axes) -> None:
    """Draws blocks, lines and arcs; best 6 inches wide and 0.3 high for each block, plus 1."""
    for y, block in enumerate(table.blocks):
        style = style_of(block.stage)
        ax.barh(
            y, _WIDTH, 0.66, -_WIDTH / 2, facecolor=(style.colour, 0.45), hatch=style.hatch,
            edgecolor=style.colour, linewidth=1.0,
        )  # fmt: skip
        ax.text(
            0, y, shortened(block.name, _NAME_CHARACTERS), ha="center", va="center",
            fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
        )  # fmt: skip
    for edge in table.edges:
        ax.add_patch(_arrow(edge))
    for cut, n_bytes in zip(_cut_places(table), table.cut_bytes, strict=True):
        ax.axhline(cut, color="black", linestyle="--", linewidth=0.9, zorder=0.5)
        ax.annotate(
            f"cut: {format_size(n_bytes)}", (0, cut), (4, 2), xycoords=("axes fraction", "data"),
            textcoords="offset points", fontsize="small", va="bottom",
        )  # fmt: skip
    furthest = max((e.target - e.source for e in table.edges if e.source != _INPUT), default=1)
    ax.set_xlim(-_WIDTH / 2 - 1.6, _WIDTH / 2 + 0.6 + 0.12 * max(furthest - 1, 0))
    ax.set_ylim(len(table.blocks) - 0.4, -1.4)
    ax.set_axis_off()
    title = "The model's blocks, coloured by the stage that they run in"
    ax.set_title(title, fontsize="medium", wrap=True)
    boxes = [_stage_box(table, index) for index in range(len(table.stages))]
    legend_below(ax, boxes)


def _counts_its_blocks(plan: Plan, profile: Profile) -> bool:
    positions = [cut.position for cut in profile.cuts]
    if plan.graph_digest != profile.graph.digest or plan.stages[-1].stop != len(profile.blocks):
        return False
    return all(positions[stage.stop] == stage.op_stop for stage in plan.stages)


def _own_blocks(profile: Profile) -> tuple[Block, ...]:
    return tuple(Block(block.name, block.op_start, block.op_stop) for block in profile.blocks)


def _edges(
    graph: ModelGraph, blocks: Sequence[Block], stage_of: Sequence[int]
) -> tuple[GraphEdge, ...]:
    maker = dict.fromkeys(graph.inputs, _INPUT)
    sizes: Counter[tuple[int, int]] = Counter()
    for index, block in enumerate(blocks):
        ops = graph.ops[block.start : block.stop]
        maker |= {name: index for op in ops for name in op.outputs}
        read = dict.fromkeys(name for op in ops for name in op.inputs)
        for name in read:
            if maker.get(name, index) != index:
                sizes[maker[name], index] += graph.tensor[name].n_bytes
    return tuple(
        GraphEdge(
            source, target, n_bytes, source != _INPUT and stage_of[source] != stage_of[target]
        )
        for (source, target), n_bytes in sorted(sizes.items())
    )


def _cut_places(table: GraphTable) -> list[float]:
    return [
        place + 0.5
        for place, block in enumerate(table.blocks[:-1])
        if block.stage != table.blocks[place + 1].stage
    ]


def _arrow(edge: GraphEdge) -> FancyArrowPatch:
    """Straight to the next block, else an arc from one right side to the other."""
    is_next = edge.target == edge.source + 1
    right = _WIDTH / 2
    x, gap = (0.0, 0.33) if is_next else (right, 0.0)
    return FancyArrowPatch(
        (x, edge.source + gap),
        (x, edge.target - gap),
        connectionstyle="arc3" if is_next else "arc3,rad=-0.35",
        arrowstyle="-|>",
        mutation_scale=8,
        shrinkA=0,
        shrinkB=0,
        color="black" if edge.crosses_cut else "0.45",
        linewidth=2.2 if edge.crosses_cut else 1.0,
    )


def _stage_box(table: GraphTable, index: int) -> Patch:
    style = style_of(index)
    n = table.n_blocks[index]
    short = short_names(node for stage in table.stages for node in stage)
    nodes = " or ".join(short[node] for node in table.stages[index])
    return Patch(
        facecolor=(style.colour, 0.45), hatch=style.hatch, edgecolor=style.colour,
        label=f"stage {index} on {nodes}: {n} block{'s' if n > 1 else ''}",
    )  # fmt: skip
