"""Cut bytes along the model: where is the model narrow, and is it cut there?

For every boundary between blocks, what a message has to carry if the model is cut there: all
tensors that are made before it and read behind it. The first bar is the model's inputs, the last
one its outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from planner.errors import MismatchError
from planner.plan import Plan
from planner.plotting.palette import BLUE, SKY, VERMILION
from profiler.profile_records import Profile

_MOST_NAMES = 40
_HEADROOM = 0.35
"""Free height above the highest bar for the legend, in parts of its own."""


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
    """Draws a bar per boundary over a logarithmic scale; best about 8 by 4 inches."""
    where = range(len(table.boundaries))
    sizes = [boundary.kib for boundary in table.boundaries]
    positive = [size for size in sizes if size > 0]
    ends = {0, len(sizes) - 1}
    width, edge = (0.8, 0.5) if len(sizes) <= _MOST_NAMES else (1.0, 0.0)
    groups = (
        ("inputs and outputs", [i for i in where if i in ends], "0.75", "..."),
        ("possible cut", _inner(table, is_cut=False), SKY, ""),
        ("cut of the plan", _inner(table, is_cut=True), VERMILION, "///"),
    )
    for words, chosen, colour, hatch in groups:
        if chosen:
            ax.bar(
                chosen, [sizes[i] for i in chosen], width, color=colour, hatch=hatch,
                edgecolor="0.25", linewidth=edge, label=words,
            )  # fmt: skip
    by_hand = [i for i, boundary in enumerate(table.boundaries) if boundary.is_by_hand]
    if by_hand:
        ax.plot(
            by_hand, [sizes[i] for i in by_hand], color=BLUE, marker="v", linestyle="none",
            markersize=7, label="where a person would cut by hand", zorder=3, clip_on=False,
        )  # fmt: skip
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
    ax.legend(fontsize="small", loc="upper center", ncols=2)


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
