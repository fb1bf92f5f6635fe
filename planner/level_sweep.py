"""Level sweep: the best plan when the model may be cut only between blocks of one granularity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import PositiveInt

from planner.coarsen import coarsened
from planner.errors import MismatchError
from planner.plan_row import PlanRow, plan_fields
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve


class LevelRow(PlanRow):
    """The best plan of one granularity, or why there is none; cuts count that level's blocks."""

    level: str
    n_blocks: PositiveInt
    """That the model has at this level."""


def sweep_levels(
    problem: Problem,
    levels: Mapping[str, Sequence[int]],
    solve: Callable[[Problem], Solution] = solve,
) -> tuple[LevelRow, ...]:
    """The best plan of every level.

    All levels are priced by the one profile of the problem: a coarse block takes the sum of its
    fine blocks' times.

    Args:
        problem: of the finest level.
        levels: borders of each level's blocks as operator positions, ends included, as
            `profiler.blocks.cut_positions` lists them.
        solve: finds the best plan; the one of least latency if not given.

    Raises:
        MismatchError: a level has a border inside of a block of the problem.
    """
    rows = []
    for level, positions in levels.items():
        coarse = coarsened(problem, _boundaries(problem, level, positions))
        rows.append(
            LevelRow(level=level, n_blocks=coarse.n_blocks, **plan_fields(coarse, solve(coarse)))
        )
    return tuple(rows)


def _boundaries(problem: Problem, level: str, positions: Sequence[int]) -> list[int]:
    """The inner borders as boundaries of the problem's blocks."""
    place = {position: boundary for boundary, position in enumerate(problem.positions)}
    inner = [position for position in positions if 0 < position < problem.positions[-1]]
    if inside := [position for position in inner if position not in place]:
        raise MismatchError(
            f"level {level!r} has a border at operator {inside[0]}, inside of a block: profile the "
            "model at the finest level of the sweep"
        )
    return [place[position] for position in inner]
