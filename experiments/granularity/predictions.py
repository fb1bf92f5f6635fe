"""Predictions: rows of the best plans by number of parts and by level, and of the split by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from experiments.granularity.granularity_row import MISFIT, OK, GranularityRow, Sweep
from planner.level_sweep import at_level, sweep_levels
from planner.memory_threshold import least_caps
from planner.plan_row import PlanRow
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve
from planner.sweep import priced_hand_split, sweep_parts

_TIME_LIMIT_S = 20.0
"""For each plan; none of the experiment's own problems needs it."""


@dataclass(frozen=True)
class Setting:
    """A model over one link setting."""

    model: str
    link: str
    problem: Problem


def by_parts(setting: Setting, level: str) -> Iterator[GranularityRow]:
    """One row per number of parts, up to one per node or per block of the level."""
    caps = least_caps(setting.problem)
    limits = setting.problem.limits.model_copy(update={"max_stages": len(caps)})
    problem = setting.problem.replaced(limits=limits)
    for found, cap_bytes in zip(sweep_parts(problem, _solve), caps, strict=True):
        yield GranularityRow(
            **_start(setting, Sweep.PARTS, level, problem.n_blocks),
            wanted=found.parts,
            threshold_bytes=cap_bytes,
            **_plan_fields(found),
        )


def by_hand(setting: Setting, level: str) -> Iterator[GranularityRow]:
    """The split by hand if there is one; it may be more than the nodes hold."""
    price = priced_hand_split(setting.problem)
    if price is None:
        return
    yield GranularityRow(
        **_start(setting, Sweep.HAND, level, setting.problem.n_blocks),
        result=OK if price.fits else MISFIT,
        parts=len(price.stages),
        cuts=_listed([stage.start for stage in price.stages[1:]]),
        nodes=_listed([stage.node for stage in price.stages]),
        threshold_bytes=price.peak_bytes,
        peak_bytes=price.peak_bytes,
        moved_bytes=price.moved_bytes,
        predicted_s=price.latency_s,
    )


def by_level(setting: Setting, levels: Mapping[str, Sequence[int]]) -> Iterator[GranularityRow]:
    """One row per level, all priced by the one problem, which is of the finest level.

    Args:
        setting: with that problem.
        levels: borders of each level's blocks as operator positions, ends included.
    """
    for found in sweep_levels(setting.problem, levels, _solve):
        coarse = at_level(setting.problem, found.level, levels[found.level])
        yield GranularityRow(
            **_start(setting, Sweep.LEVEL, found.level, found.n_blocks),
            threshold_bytes=min(least_caps(coarse)),
            **_plan_fields(found),
        )


def _solve(problem: Problem) -> Solution:
    return solve(problem, time_limit_s=_TIME_LIMIT_S)


def _start(setting: Setting, sweep: Sweep, level: str, blocks: int) -> dict[str, object]:
    return {
        "model": setting.model,
        "link": setting.link,
        "sweep": sweep,
        "level": level,
        "blocks": blocks,
    }


def _plan_fields(found: PlanRow) -> dict[str, object]:
    if not found.feasible:
        return {"result": found.reason, "proved": found.is_proved}
    return {
        "result": OK,
        "proved": found.is_proved,
        "parts": len(found.nodes),
        "cuts": _listed(found.cuts),
        "nodes": _listed(found.nodes),
        "peak_bytes": found.peak_bytes,
        "moved_bytes": found.moved_bytes,
        "predicted_s": found.latency_s,
    }


def _listed(things: Sequence[object]) -> str:
    return " ".join(map(str, things))
