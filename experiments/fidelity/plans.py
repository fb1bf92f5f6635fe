"""The deliberately odd plan of every cell, beside the best one for its links."""

from __future__ import annotations

import random
from collections.abc import Collection

from experiments.stages import Stages
from netmodel.cluster import Cluster
from planner.costs.evaluate import Evaluator
from planner.errors import PlannerError
from planner.problem import Problem, build_problem
from profiler.profile_records import Profile

_TRIES = 300
_LONG_S = 1.2
"""Odd plans that take longer than this over the slowest links are passed over, for the time."""


def odd(profile: Profile, slowest: Cluster, *, besides: Collection[Stages], seed: str) -> Stages:
    """Cuts and nodes of a plan drawn at random among those that fit and use two nodes or more.

    Args:
        profile: of the model.
        slowest: the cluster with the slowest links that the plan will be measured over.
        besides: plans that are not odd, since some links make them optimal.
        seed: decides the draw.

    Raises:
        PlannerError: no draw fits.
    """
    problem = build_problem(profile, slowest)
    evaluator, chance = Evaluator(problem), random.Random(seed)
    drawn: dict[Stages, float] = {}
    for _ in range(_TRIES):
        cuts, nodes = _draw(problem, chance)
        if (cuts, nodes) in besides:
            continue
        price = evaluator.evaluate(problem.plan(cuts, nodes))
        if price.fits and price.latency_s < float("inf"):
            if price.latency_s <= _LONG_S:
                return cuts, nodes
            drawn[cuts, nodes] = price.latency_s
    if not drawn:
        raise PlannerError(f"no plan beside the optimal ones fits, of {_TRIES} random ones")
    return min(drawn, key=lambda plan: drawn[plan])


def _draw(problem: Problem, chance: random.Random) -> Stages:
    names = [node.name for node in problem.nodes]
    n_stages = chance.randint(2, min(len(names), problem.n_blocks))
    cuts = tuple(sorted(chance.sample(range(1, problem.n_blocks), n_stages - 1)))
    return cuts, tuple(chance.sample(names, n_stages))
