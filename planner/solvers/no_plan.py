"""Why there is no plan, in words."""

from __future__ import annotations

from planner.limits import Order
from planner.problem import Problem
from planner.solvers.period.teams import count_range
from planner.solvers.shortfall import infeasible_reason
from planner.solvers.stage_counts import stage_counts


def no_plan_reason(problem: Problem) -> str:
    """Why no plan holds the memory caps over the links that exist.

    For one stage per node in listed order, with the least change that would help; replicas change
    nothing about it, since each of them needs the memory of the whole stage.
    """
    counts = stage_counts(problem)
    if problem.limits.order is Order.LISTED:
        return infeasible_reason(problem, counts)
    if counts.least > count_range(problem).most or counts.least > problem.n_blocks:
        impossible = counts.impossible_reason(problem)
        if impossible is not None:
            return impossible
    return f"no plan with {problem.limits.describe()} fits the memory caps over the links there are"


def above_limit_reason(name: str, least: float, limit: float, unit: str) -> str:
    """That a limit is below the least value that any plan has."""
    return (
        f"the least {name} of any plan is {least:.6g}{unit}, "
        f"above its limit {limit:.6g}{unit}: raise the limit"
    )
