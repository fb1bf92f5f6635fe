"""A lower bound on any sum over stages and hops that takes no search at all."""

from __future__ import annotations

import numpy as np

from planner.costs.additive import AdditivePrices
from planner.costs.compute import has_measured_stages
from planner.objectives import Objective
from planner.problem import Problem

_SLACK = 1e-12
"""Sums in another order differ by less, relative to their value."""


def additive_floor(problem: Problem, objective: Objective) -> float:
    """No plan is below it: every block at its cheapest node, the first and last hop at their least.

    Hops between stages are free, and caps are not looked at. 0 where stages were measured as a
    whole, which may take less than their blocks. O(N B).

    Args:
        problem: blocks, nodes and links.
        objective: an additive one.

    Raises:
        PlannerError: the objective is not additive.
    """
    prices = AdditivePrices(problem, objective)
    if has_measured_stages(problem):
        return 0.0
    names = [node.name for node in problem.nodes]
    entry = min(prices.entry(name) for name in names)
    leave = min(prices.exit(name) for name in names)
    blocks = float(np.array([prices.block(node) for node in problem.nodes]).min(axis=0).sum())
    # A missing first or last link is for the search to word.
    total = blocks + sum(hop for hop in (entry, leave) if np.isfinite(hop))
    return max(total * (1 - _SLACK), 0.0)
