"""Baseline plans: what every rule in planner.baselines chooses, as entries of a contest."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.stages import Stages, stages_of
from planner.baselines import baselines
from planner.problem import Problem


def baseline_plans(problem: Problem) -> Iterator[tuple[str, Stages]]:
    """Name and plan of every rule that says something about the problem, fit or not."""
    for rule in baselines(problem):
        if rule.skip_reason(problem) is None:
            yield rule.name, stages_of(rule.propose(problem))
