"""Cut bytes along the model: where is the model narrow, and is it cut there?

For every boundary between blocks, what a message has to carry if the model is cut there: all
tensors that are made before it and read behind it. The first mark is the model's inputs, the last
one its outputs. Marks, not bars: a logarithmic scale has no foot for lengths to start from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from planner.errors import MismatchError
from planner.plan import Plan
from planner.plotting.palette import BLUE, SKY, VERMILION
from profiler.profile_records import Profile

_MOST_NAMES = 40
_HEADROOM = 0.35
"""Free height above the highest mark for the legend, in parts of its own."""


@dataclass(frozen=True)
class Boundary:
    """A place where the model may be cut."""

    after: str
    """Name of the block before it; `inputs` for the first."""
    kib: float
    n_tensors: int
    is_cut: bool
    """Whether the plan cuts here."""
    is_by_hand: bool
    """Whether a person would: between the model's own stages."""


@dataclass(frozen=True)
class CutTable:
    """What the plot shows: boundary n is before block n."""

    boundaries: tuple[Boundary, ...]


def cut_profile(profile: Profile, plan: Plan | None = None) -> CutTable:
    """What crosses every boundary.

    Raises:
        MismatchError: the plan is of another model, or of other blocks.
    """
    cuts = set() if plan is None else {stage.op_start for stage in plan.stages[1:]}
    if plan is not None and plan.graph_digest != profile.graph.digest:
        raise MismatchError("the plan is of another graph than the profile: give its own profile")
    if cuts - {cut.position for cut in profile.cuts}:
        raise MismatchError("the plan cuts inside of the profile's blocks: give its own profile")
    names = ("inputs", *(block.name for block in profile.blocks))
    last = len(profile.graph.ops)
    return CutTable(
        tuple(
            Boundary(
                after=name,
                kib=cut.n_bytes / 2**10,
                n_tensors=len(cut.tensors),
                is_cut=cut.position in cuts,
                is_by_hand=0 < cut.position < last and cut.position in profile.stage_positions,
            )
            for name, cut in zip(names, profile.cuts, strict=True)
        )
    )


def plot_cut_profile(table: CutTable, ax: Axes) -> None:
    """Draws a mark per boundary over a logarithmic scale; best about 8 by 4 inches."""
    sizes = [boundary.kib for boundary in table.boundaries]
    ax.plot(sizes, color="0.75", linewidth=1, zorder=1)
    ends = {"color": "0.45", "marker": "s", "markersize": 6}
    _draw_group(ax, sizes, [0, len(sizes) - 1], ends | {"label": "inputs and outputs"})
    possible = {"color": SKY, "marker": "o", "markersize": 5, "label": "possible cut"}
    _draw_group(ax, sizes, _inner(table, is_cut=False), possible)
    cuts = _inner(table, is_cut=True)
    for cut in cuts:
        ax.axvline(cut, color=VERMILION, linestyle="--", linewidth=0.9, zorder=0.9)
    planned = {"color": VERMILION, "marker": "D", "markersize": 8, "label": "cut of the plan"}
    _draw_group(ax, sizes, cuts, planned)
    by_hand = [i for i, boundary in enumerate(table.boundaries) if boundary.is_by_hand]
    ringed = {"color": BLUE, "marker": "o", "markersize": 13, "markerfacecolor": "none"}
    label = "where a person would cut by hand"
    _draw_group(ax, sizes, by_hand, ringed | {"markeredgewidth": 1.4, "label": label})
    positive = [size for size in sizes if size > 0]
    if positive:
        ax.set_yscale("log")
        low, high = min(positive) / 2, max(positive)
        ax.set_ylim(low, high * (high / low) ** _HEADROOM)
        ax.yaxis.set_major_formatter("{x:g}")
    _name_boundaries(table, ax)
    ax.grid(visible=True, axis="y", alpha=0.3)
    ax.set_axisbelow(True)
    ax.set_ylabel("Carried over the boundary (KiB)")
    ax.set_title("What a cut has to carry, along the model", fontsize="medium")
    ax.legend(fontsize="small", loc="upper center", ncols=2, markerscale=0.8, framealpha=1)


def _draw_group(
    ax: Axes, sizes: Sequence[float], places: Sequence[int], look: Mapping[str, Any]
) -> None:
    if places:
        ax.plot(places, [sizes[i] for i in places], linestyle="none", zorder=3, **look)


def _inner(table: CutTable, *, is_cut: bool) -> list[int]:
    last = len(table.boundaries) - 1
    return [i for i, b in enumerate(table.boundaries) if b.is_cut == is_cut and 0 < i < last]


def _name_boundaries(table: CutTable, ax: Axes) -> None:
    """By block names if there is room for them, else by numbers."""
    n = len(table.boundaries)
    ax.set_xlim(-0.7, n - 0.3)
    if n <= _MOST_NAMES:
        names = [boundary.after for boundary in table.boundaries]
        ax.set_xticks(range(n), names, rotation=45, ha="right", rotation_mode="anchor",
                      fontsize="small")  # fmt: skip
        ax.set_xlabel("Boundary after this block")
    else:
        ax.set_xlabel("Boundary before block number")
