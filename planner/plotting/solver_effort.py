"""Time of solvers against the number of plans: what does it take not to price every one?

Both scales are logarithmic. A method that prices every plan rises with their number; one that
proves the best without looking at most of them does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from planner.errors import PlannerError
from planner.plotting.palette import style_of
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.brute_force import n_plans


@dataclass(frozen=True)
class EffortPoint:
    """One problem that was solved."""

    n_blocks: int
    n_nodes: int
    n_plans: int
    """No fewer than the plans of its class."""
    ms: float
    """Of the search, on the wall clock."""
    is_proved: bool
    """Best, or nothing fits."""


@dataclass(frozen=True)
class EffortTable:
    """What the plot shows."""

    lines: tuple[tuple[str, tuple[EffortPoint, ...]], ...]
    """By method, in ascending number of plans."""


def solver_effort(solved: Mapping[str, Sequence[tuple[Problem, Solution]]]) -> EffortTable:
    """Counts the plans of what was solved.

    Args:
        solved: problems with the answers of each method, under the words for the legend.

    Raises:
        PlannerError: nothing was solved.
    """
    if not any(solved.values()):
        raise PlannerError("no problem was solved, so there is nothing to draw: solve at least one")
    return EffortTable(
        tuple(
            (method, tuple(sorted((_point(*pair) for pair in pairs), key=lambda p: p.n_plans)))
            for method, pairs in solved.items()
        )
    )


def plot_solver_effort(table: EffortTable, ax: Axes) -> None:
    """Draws a line per method; hollow where the proof stayed open; best about 7 by 4.5 inches."""
    for index, (method, points) in enumerate(table.lines):
        style = style_of(index)
        ax.plot(
            [point.n_plans for point in points], [point.ms for point in points],
            color=style.colour, label=method, marker=style.marker, zorder=2,
        )  # fmt: skip
        opened = [point for point in points if not point.is_proved]
        if opened:
            ax.plot(
                [point.n_plans for point in opened], [point.ms for point in opened],
                linestyle="none", color=style.colour, marker=style.marker,
                markerfacecolor="white", zorder=3, label=f"{method}, not proved",
            )  # fmt: skip
    ax.set(xscale="log", yscale="log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.grid(visible=True, alpha=0.3)
    ax.set_xlabel("Plans of the class")
    ax.set_ylabel("Time of the search, measured (ms)")
    ax.set_title("Time to the best plan and its proof", fontsize="medium")
    ax.legend(fontsize="small")


def _point(problem: Problem, solution: Solution) -> EffortPoint:
    return EffortPoint(
        n_blocks=problem.n_blocks,
        n_nodes=len(problem.nodes),
        n_plans=n_plans(problem),
        ms=solution.runtime_s * 1e3,
        is_proved=solution.status.is_proved,
    )
