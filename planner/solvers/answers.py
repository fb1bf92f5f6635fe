"""Answers: how every solver words what it found, always with the evaluator's price."""

from __future__ import annotations

from math import isfinite

from planner.costs.evaluate import Evaluator
from planner.objectives import Objective, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status

_ROUNDING = 1e-9
"""Sums in another order differ by less, relative to their value."""


def answer(
    problem: Problem,
    objective: Objective,
    method: str,
    *,
    plan: Plan,
    lower_bound: float | None = None,
    reason: str = "",
) -> Solution:
    """A plan that holds all limits, with its price and proof.

    Args:
        problem: what it answers.
        objective: what it was judged by.
        method: the solver's name and, if it matters, what limited it.
        plan: what was found.
        lower_bound: no plan of the class is below it; none if the plan is known to be optimal.
        reason: why the proof is missing, if it is.

    Raises:
        RuntimeError: the plan breaks a limit, which is a mistake of the solver.
    """
    estimate = Evaluator(problem).evaluate(plan)
    value = objective.value(estimate)
    broken = broken_limit(problem.limits, estimate)
    if not isfinite(value) or not estimate.fits or broken:
        raise RuntimeError(
            f"{method} returned a plan that breaks a limit ({broken or 'a cap or a missing link'}):"
            " please report this problem"
        )
    bound = value if lower_bound is None else min(max(lower_bound, 0.0), value)
    is_proved = value - bound <= _ROUNDING * value
    return Solution(
        status=Status.OPTIMAL if is_proved else Status.FEASIBLE,
        method=method,
        plan=plan,
        objective=objective,
        value=value,
        lower_bound=value if is_proved else bound,
        reason="" if is_proved else reason,
    )


def infeasible(objective: Objective, method: str, reason: str) -> Solution:
    """No plan of the class holds all limits, and why."""
    return Solution(status=Status.INFEASIBLE, method=method, objective=objective, reason=reason)


def unanswered(
    objective: Objective, method: str, reason: str, *, lower_bound: float | None = None
) -> Solution:
    """The search ended without a plan, and without a proof that there is none."""
    return Solution(
        status=Status.UNKNOWN,
        method=method,
        objective=objective,
        lower_bound=lower_bound,
        reason=reason,
    )
