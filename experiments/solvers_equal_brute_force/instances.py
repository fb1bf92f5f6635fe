"""The random instances: classes of plans, objectives, and problems small enough to enumerate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from planner.breakdown import Breakdown
from planner.objectives import (
    LATENCY,
    NODES,
    PRICE,
    THROUGHPUT,
    Objective,
    broken_limit,
    makespan,
)
from planner.problem import Problem
from planner.solvers.brute_force import BruteForce, feasible_plans
from tests.planner.instances import limited, random_problem
from tests.planner.priced_instances import priced_problem

OBJECTIVES = (LATENCY, THROUGHPUT, PRICE, NODES, makespan(3))
CLASSES: dict[str, dict[str, object]] = {
    "listed": {"order": "listed"},
    "listed, 2 or 3 stages": {"order": "listed", "min_stages": 2, "max_stages": 3},
    "listed, replicas": {"order": "listed", "max_replicas": 3},
    "free": {"order": "free"},
    "free, 2 or 3 stages": {"order": "free", "min_stages": 2, "max_stages": 3},
    "free, replicas": {"order": "free", "max_replicas": 3},
    "free, revisits": {"order": "free", "revisits": True},
    "free, revisits, at most 3 stages": {"order": "free", "revisits": True, "max_stages": 3},
}


@dataclass(frozen=True)
class Instance:
    """A problem with the oracle's value of each objective; infinite if nothing is feasible."""

    class_name: str
    has_value_limits: bool
    problem: Problem
    least: tuple[float, ...]

    def oracle(self, objective: Objective) -> float:
        """The least value of all feasible plans, as the evaluator prices them."""
        return self.least[OBJECTIVES.index(objective)]


def instances(class_name: str, seeds: range) -> Iterator[Instance]:
    """Two for each seed: without and with limits on latency, period and price.

    Every other seed has unlike nodes with missing links, the rest equal nodes with prices.
    """
    for seed in seeds:
        small = "revisits" in class_name or "replicas" in class_name
        build = priced_problem if seed % 2 else random_problem
        problem = build(seed, most_blocks=4, most_nodes=3 if small else 4)
        problem = limited(problem, **CLASSES[class_name])
        if BruteForce().skip_reason(problem) is not None:
            continue
        estimates = [estimate for _, estimate in feasible_plans(problem)]
        yield _instance(class_name, problem, estimates)
        if estimates:
            yield _instance(class_name, _with_limits(problem, estimates, seed), estimates)


def _instance(class_name: str, problem: Problem, estimates: list[Breakdown]) -> Instance:
    """Takes the plans that hold everything but the limits on values."""
    limits = problem.limits
    kept = [e for e in estimates if broken_limit(limits, e) is None]
    least = tuple(min((o.value(e) for e in kept), default=inf) for o in OBJECTIVES)
    return Instance(class_name, limits.caps_values, problem, least)


def _with_limits(problem: Problem, estimates: list[Breakdown], seed: int) -> Problem:
    """Limits near the values of one plan, so that they hold for some plans and often for none."""
    rng = np.random.default_rng(seed)
    chosen = estimates[int(rng.integers(len(estimates)))]
    values = {
        "max_latency_s": chosen.latency_s,
        "max_period_s": chosen.period_s,
        "max_price": chosen.price,
    }
    limits = {
        field: value * float(rng.uniform(0.9, 1.3))
        for field, value in values.items()
        if value > 0 and rng.random() < 0.6
    }
    return limited(problem, **limits)
