"""Level sweep: the best plan when the model may be cut only between blocks of one granularity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import PositiveInt

from planner.coarsen import coarsened
from planner.errors import MismatchError, PlannerError
from planner.plan_row import PlanRow, plan_fields
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve
from profiler.blocks import Granularity, cut_positions
from profiler.profile_records import Profile


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
        PlannerError: there is no level to try.
    """
    if not levels:
        raise PlannerError("a sweep over the granularity needs at least one level to try")
    rows = []
    for level, positions in levels.items():
        coarse = at_level(problem, level, positions)
        rows.append(
            LevelRow(level=level, n_blocks=coarse.n_blocks, **plan_fields(coarse, solve(coarse)))
        )
    return tuple(rows)


def borders_of_levels(profile: Profile) -> dict[str, tuple[int, ...]]:
    """The borders of each granularity level of a model, from fine to coarse.

    Also those of levels that are finer than the profile's blocks, which `sweep_levels` refuses.
    """
    return {level.value: cut_positions(profile.graph, level) for level in Granularity}


def levels_within(profile: Profile) -> dict[str, tuple[int, ...]]:
    """The levels that the profile's blocks are fine enough for; the coarsest always is."""
    own = {0, *(block.op_stop for block in profile.blocks)}
    levels = borders_of_levels(profile)
    return {level: borders for level, borders in levels.items() if own.issuperset(borders)}


def at_level(problem: Problem, level: str, positions: Sequence[int]) -> Problem:
    """The problem with the blocks of a coarser level.

    Args:
        problem: of a finer level.
        level: for the words of the error.
        positions: borders of its blocks as operator positions, ends included.

    Raises:
        MismatchError: the level has a border inside of a block of the problem.
    """
    place = {position: boundary for boundary, position in enumerate(problem.positions)}
    inner = [position for position in positions if 0 < position < problem.positions[-1]]
    if inside := [position for position in inner if position not in place]:
        raise MismatchError(
            f"level {str(level)!r} has a border at operator {inside[0]}, inside of a block: "
            "profile the model at the finest level of the sweep (`partway profile --granularity`), "
            "or leave the level out"
        )
    return coarsened(problem, [place[position] for position in inner])
