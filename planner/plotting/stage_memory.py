"""Memory of a plan's stages by term: what takes it, and how near is every stage to its cap?

The terms are those of the cost model: the process before any block, what is kept of the weights,
the most that one block needs for a while to run or to be loaded, and the received message. Where a
node runs several stages, its cap holds for their sum, and every bar shows one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from planner.breakdown import Breakdown
from planner.costs.memory import StageMemory
from planner.errors import MismatchError
from planner.plan import Plan
from planner.plotting.legend_below import legend_below
from planner.plotting.palette import STYLES, VERMILION, Style
from planner.problem import Problem

_TERMS = (
    ("process and margin", STYLES[6]),
    ("kept weights", STYLES[0]),
    ("running or loading a block", STYLES[1]),
    ("received message", STYLES[2]),
)
_MEASURED: Mapping[str, Any] = MappingProxyType({
    "marker": "D", "color": "black", "markerfacecolor": "white", "markersize": 7,
    "linestyle": "none",
})  # fmt: skip
_FARTHEST_CAP = 1.5
"""Caps above so many times the longest bar are left to the words: they would squeeze the bars."""


@dataclass(frozen=True)
class MemoryBar:
    """One stage."""

    node: str
    terms_mib: tuple[float, ...]
    """Predicted, in the order of the legend."""
    cap_mib: float
    measured_mib: float | None
    """Most memory of its process; none if it was not measured."""

    @property
    def total_mib(self) -> float:
        """Predicted."""
        return sum(self.terms_mib)


@dataclass(frozen=True)
class StageMemoryTable:
    """What the plot shows."""

    bars: tuple[MemoryBar, ...]
    """In the order of the stages."""


def stage_memory(
    problem: Problem, plan: Plan, measured: Breakdown | None = None
) -> StageMemoryTable:
    """Takes the plan's memory apart.

    Args:
        problem: that the plan answers.
        plan: whose stages are shown, each on the first of its nodes.
        measured: a run of it, if there was one.

    Raises:
        MismatchError: the plan answers another problem, or another plan was run.
    """
    if plan.problem_digest != problem.digest:
        raise MismatchError("the plan answers another problem: give the one that stands beside it")
    peaks = _peaks(plan, measured)
    memory = StageMemory(problem)
    bars = []
    for stage, peak in zip(plan.stages, peaks, strict=True):
        node = problem.nodes[problem.node_index[stage.node]]
        terms = memory.terms(node, stage.start, stage.stop)
        bars.append(
            MemoryBar(
                node=stage.node,
                terms_mib=tuple(n_bytes / 2**20 for n_bytes in terms),
                cap_mib=node.memory_bytes / 2**20,
                measured_mib=peak / 2**20 if peak else None,
            )
        )
    return StageMemoryTable(tuple(bars))


def plot_stage_memory(table: StageMemoryTable, ax: Axes) -> None:
    """Draws a stacked bar per stage; best 7 inches wide and 0.8 high for each stage, plus 1.8."""
    longest = max(max(bar.total_mib, bar.measured_mib or 0.0) for bar in table.bars)
    for y, bar in enumerate(table.bars):
        left = 0.0
        for (_, style), mib in zip(_TERMS, bar.terms_mib, strict=True):
            ax.barh(y, mib, 0.6, left, **_look(style))
            left += mib
        if bar.cap_mib <= _FARTHEST_CAP * longest:
            ax.plot([bar.cap_mib] * 2, [y - 0.34, y + 0.34], color=VERMILION, linewidth=2)
        if bar.measured_mib is not None:
            ax.plot(bar.measured_mib, y, **_MEASURED)
        right = max(left, bar.measured_mib or 0.0)
        ax.annotate(
            _words(bar), (right, y - 0.34), (2, 0), textcoords="offset points", va="bottom",
            ha="right", fontsize="small",
        )  # fmt: skip
    ax.set_yticks(range(len(table.bars)), [bar.node for bar in table.bars])
    ax.set_ylim(len(table.bars) - 0.4, -0.85)
    ax.set_xlim(left=0)
    ax.grid(visible=True, axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.set_xlabel("Memory of the stage's process (MiB)")
    ax.set_title("What takes the memory of every stage, predicted", fontsize="medium")
    legend_below(ax, _legend(table, longest))


def _peaks(plan: Plan, measured: Breakdown | None) -> Sequence[int]:
    if measured is None:
        return [0] * len(plan.stages)
    ran = [(stage.node, stage.start, stage.stop) for stage in measured.stages]
    if ran != [(stage.node, stage.start, stage.stop) for stage in plan.stages]:
        raise MismatchError("what was measured is another plan: give the run of this very plan")
    return [stage.peak_bytes for stage in measured.stages]


def _look(style: Style) -> dict[str, Any]:
    return {
        "facecolor": (style.colour, 0.55),
        "hatch": style.hatch,
        "edgecolor": "0.25",
        "linewidth": 0.5,
    }


def _words(bar: MemoryBar) -> str:
    measured = "" if bar.measured_mib is None else f", measured {bar.measured_mib:.3g}"
    return f"{bar.total_mib:.3g}{measured} of {bar.cap_mib:.4g} MiB"


def _legend(table: StageMemoryTable, longest: float) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [Patch(label=words, **_look(look)) for words, look in _TERMS]
    if any(bar.cap_mib <= _FARTHEST_CAP * longest for bar in table.bars):
        handles.append(Line2D([], [], color=VERMILION, linewidth=2, label="cap of the node"))
    if any(bar.measured_mib is not None for bar in table.bars):
        handles.append(Line2D([], [], label="measured, most at any time", **_MEASURED))
    return handles
