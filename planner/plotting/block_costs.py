"""Cost of every block by kind of work: where does the time go, and how much of it is vector work?

Vector work is convolutions and matrix products; the rest is normalisation, pooling, activation,
concatenation, data movement and the like. A profile knows one time per block. A block with
operators of several kinds is therefore shown as such, and its time is never split by FLOPs, which
do not tell. Profiled at the level of layers or operators, most blocks are of one kind; give the
borders of coarser blocks to see what those are made of.

Times are scaled as those of plans are: together with one start they are the whole model's time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import fill
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from netmodel.units import format_duration
from planner.errors import MismatchError
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, YELLOW
from profiler.blocks import Granularity, blocks_between
from profiler.op_kinds import OpKind, op_kind
from profiler.profile_records import BlockCost, Profile


@dataclass(frozen=True)
class Work:
    """What a measured time was spent on."""

    words: str
    group: str
    """`vector work`, `other work`, or `not told apart` where the block has operators of both."""


_MUCH = 0.2
_CHARACTER_IN, _MARGIN_IN, _LEAST_CHARACTERS = 0.075, 0.4, 20
"""Of words around the axes, of what else is beside these, and in a line."""
_FINER: Mapping[str, str] = MappingProxyType(
    {Granularity.LAYER: Granularity.OP, Granularity.OP: ""}
)
_VECTOR, _REST, _UNTOLD = "vector work", "other work", "not told apart"
_SINGLE = MappingProxyType(
    {kind: Work(kind.value, _VECTOR if kind.is_vector else _REST) for kind in OpKind}
)
SEVERAL_VECTOR = Work("several kinds", _VECTOR)
SEVERAL_REST = Work("several kinds", _REST)
BOTH = Work("vector and other operators in one block", _UNTOLD)
_ORDER = (
    _SINGLE[OpKind.CONVOLUTION], _SINGLE[OpKind.MATRIX_PRODUCT], SEVERAL_VECTOR, BOTH,
    *(work for work in _SINGLE.values() if work.group == _REST), SEVERAL_REST,
)  # fmt: skip
# Vector work is plain, all other work is hatched.
_LOOKS = MappingProxyType({
    _SINGLE[OpKind.CONVOLUTION]: (BLUE, ""),
    _SINGLE[OpKind.MATRIX_PRODUCT]: (SKY, ""),
    SEVERAL_VECTOR: ("#004060", ""),
    BOTH: ("0.85", "xxx"),
    _SINGLE[OpKind.NORMALISATION]: (ORANGE, "///"),
    _SINGLE[OpKind.POOLING]: (GREEN, "..."),
    _SINGLE[OpKind.ACTIVATION]: (VERMILION, "\\\\\\"),
    _SINGLE[OpKind.ARITHMETIC]: (PURPLE, "|||"),
    _SINGLE[OpKind.CONCATENATION]: (YELLOW, "ooo"),
    _SINGLE[OpKind.DATA_MOVEMENT]: ("0.6", "---"),
    _SINGLE[OpKind.OTHER]: ("white", "+++"),
    SEVERAL_REST: ("#F6D9A8", "OO"),
})  # fmt: skip


@dataclass(frozen=True)
class CostBar:
    """One block."""

    name: str
    parts: tuple[tuple[Work, float], ...]
    """Milliseconds by kind of work, in the order of the legend."""

    @property
    def total_ms(self) -> float:
        """Of all parts."""
        return sum(ms for _, ms in self.parts)


@dataclass(frozen=True)
class CostTable:
    """What the plot shows."""

    bars: tuple[CostBar, ...]
    """As the model runs them."""
    total_ms: tuple[tuple[Work, float], ...]
    """Of the whole model by kind of work."""
    shares: tuple[tuple[str, float], ...]
    """Of the model's time, by group: vector work, other work, not told apart."""
    origin: str
    """Whether the times are measured or estimated."""
    whole_ms: float
    """Median of the whole model, start included."""
    start_ms: float
    """What a stage takes beyond its blocks."""
    unscaled_share: float
    """Of the blocks' own medians, as profiled one by one, in the whole's without its start."""
    finer: str
    """The granularity that would tell apart what is not; empty where there is none."""

    @property
    def untold_share(self) -> float:
        """Of the model's time, what blocks take that have both vector and other operators."""
        return dict(self.shares)[_UNTOLD]


def block_costs(profile: Profile, positions: Sequence[int] = ()) -> CostTable:
    """Sums medians by block and kind, scaled to the whole model's.

    Args:
        profile: measured; its blocks are what one time is known of.
        positions: borders of coarser blocks as operator positions, ends included, as
            `profiler.blocks.cut_positions` lists them; the profile's own blocks if not given.

    Raises:
        MismatchError: a border is inside of a block of the profile.
    """
    own = tuple(cut.position for cut in profile.cuts)
    if inside := [position for position in positions if position not in own]:
        raise MismatchError(
            f"the border at operator {inside[0]} is inside of a block that was profiled as one: "
            "profile at a finer granularity"
        )
    names = [block.name for block in profile.blocks]
    if positions:
        names = [block.name for block in blocks_between(profile.graph, positions)]
    bars = [
        CostBar(name, _parts(profile, start, stop))
        for name, (start, stop) in zip(names, pairwise(positions or own), strict=True)
    ]
    totals: defaultdict[Work, float] = defaultdict(float)
    for bar in bars:
        for work, ms in bar.parts:
            totals[work] += ms
    whole = sum(totals.values())
    groups: defaultdict[str, float] = defaultdict(float)
    for work, ms in totals.items():
        groups[work.group] += ms / whole if whole else 0.0
    return CostTable(
        bars=tuple(bars),
        total_ms=_ordered(totals),
        shares=tuple((group, groups[group]) for group in (_VECTOR, _REST, _UNTOLD)),
        origin=profile.provenance.get("latency", "origin unknown"),
        whole_ms=profile.whole.latency.median_s * 1e3,
        start_ms=profile.whole.stage_start_s * 1e3,
        unscaled_share=profile.whole.blocks_over_rest,
        finer=_FINER.get(profile.granularity, Granularity.LAYER),
    )


def plot_block_costs(table: CostTable, ax: Axes) -> None:
    """Draws a stacked bar per block; best 7 inches wide and 0.25 high for each block, plus 2.

    The axes' figure needs the constrained layout.
    """
    for y, bar in enumerate(table.bars):
        left = 0.0
        for work, ms in bar.parts:
            box = _box(work)
            ax.barh(
                y, ms, 0.8, left, facecolor=box.get_facecolor(), hatch=box.get_hatch(),
                edgecolor=box.get_edgecolor(), linewidth=box.get_linewidth(),
            )  # fmt: skip
            left += ms
    ax.set_yticks(range(len(table.bars)), [bar.name for bar in table.bars], fontsize="small")
    ax.set_ylim(len(table.bars) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.grid(visible=True, axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    width = _line_characters(table, ax)
    ax.set_xlabel(_in_lines(_time_words(table), width))
    ax.set_ylabel("Block")
    ax.set_title(_in_lines(_title(table), width), fontsize="medium")
    legend_below(ax, [_box(work) for work, _ in table.total_ms])


def _line_characters(table: CostTable, ax: Axes) -> int:
    """In a line as wide as the axes: text that wraps does so after the layout made room for it."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    names_in = _CHARACTER_IN * max((len(bar.name) for bar in table.bars), default=0)
    axes_in = figure.get_figwidth() / len(figure.axes) - names_in - _MARGIN_IN
    return max(int(axes_in / _CHARACTER_IN), _LEAST_CHARACTERS)


def _in_lines(words: str, width: int) -> str:
    return "\n".join(fill(line, width, break_on_hyphens=False) for line in words.splitlines())


def _time_words(table: CostTable) -> str:
    start = " less its start" if table.start_ms else ""
    return (
        f"Time, {table.origin}, as plans scale it (ms):\n"
        f"alone, blocks sum to {table.unscaled_share:.0%} of the whole's "
        f"{format_duration(table.whole_ms / 1e3)}{start}"
    )


def _title(table: CostTable) -> str:
    shares = ", ".join(f"{group} {share:.0%}" for group, share in table.shares if share)
    lines = ["Where the time goes:", shares or "nowhere"]
    if table.untold_share > _MUCH and table.finer:
        lines.append(f"(profile with --granularity {table.finer} to tell apart)")
    return "\n".join(lines)


def _parts(profile: Profile, start: int, stop: int) -> tuple[tuple[Work, float], ...]:
    times_ms: defaultdict[Work, float] = defaultdict(float)
    for block in profile.blocks:
        if start <= block.op_start and block.op_stop <= stop:
            scaled_s = block.latency.median_s / profile.whole.blocks_over_rest
            times_ms[_work(profile, block)] += scaled_s * 1e3
    return _ordered(times_ms)


def _work(profile: Profile, block: BlockCost) -> Work:
    kinds = {op_kind(op) for op in profile.graph.ops[block.op_start : block.op_stop]}
    if len(kinds) == 1:
        return _SINGLE[kinds.pop()]
    are_vector = {kind.is_vector for kind in kinds}
    if len(are_vector) == 2:
        return BOTH
    return SEVERAL_VECTOR if are_vector == {True} else SEVERAL_REST


def _ordered(times_ms: Mapping[Work, float]) -> tuple[tuple[Work, float], ...]:
    return tuple((work, times_ms[work]) for work in _ORDER if work in times_ms)


def _box(work: Work) -> Patch:
    colour, hatch = _LOOKS[work]
    words = f"{work.group}: {work.words}"
    return Patch(facecolor=colour, hatch=hatch, edgecolor="0.25", linewidth=0.5, label=words)
