"""Why there is no plan, in words."""

from __future__ import annotations

from planner.limits import Order
from planner.objectives import LATENCY
from planner.problem import Problem
from planner.solvers.any_order.free_shortfall import free_infeasible_reason
from planner.solvers.budget import Budget
from planner.solvers.revisit.revisit_shortfall import shortfall_reason
from planner.solvers.shortfall import infeasible_reason
from planner.solvers.stage_counts import stage_counts


def no_plan_reason(problem: Problem, budget: Budget | None = None) -> str:
    """Why no plan holds the memory caps over the links that exist, and what would help.

    For every class of plans; replicas change nothing about it, since each of them needs the memory
    of the whole stage.

    Args:
        problem: one that is known to have no plan.
        budget: ends the search for the least change, unless the order is listed.
    """
    counts, budget = stage_counts(problem), budget or Budget()
    if problem.limits.revisits:
        return shortfall_reason(problem, LATENCY, budget)
    if problem.limits.order is Order.LISTED:
        return infeasible_reason(problem, counts)
    return free_infeasible_reason(problem, counts, budget)


def above_limit_reason(name: str, least: float, limit: float, unit: str) -> str:
    """That a limit is below the least value that any plan has."""
    return (
        f"the least {name} of any plan is {least:.6g}{unit}, "
        f"above its limit {limit:.6g}{unit}: raise the limit"
    )
