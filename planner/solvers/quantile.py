"""Plans for a quantile of the latency: the best of the mean-variance hull, by simulation."""

from __future__ import annotations

from planner.costs.evaluate import Evaluator
from planner.costs.spread_prices import lower_mean_problem
from planner.costs.tails import TailSimulator
from planner.errors import PlannerError
from planner.objectives import LATENCY, Objective, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.budget import Budget
from planner.solvers.mean_variance_hull import Hull, Solve, mean_variance_hull, share_of

_METHOD = "mean-variance-hull"
_ROUNDING = 1e-9


def plan_for_quantile(
    problem: Problem, objective: Objective, budget: Budget, solve: Solve
) -> Solution:
    """A plan whose latency quantile is small, with a bound that no plan's quantile is below.

    The candidates are the corners of the lower hull of mean and variance, and the plan of least
    usual latency. The simulation ranks them, all on the same draws; the winner's value is from
    draws of its own, so that it was not chosen for its luck. It is a heuristic: a plan inside the
    hull can have a smaller quantile. The bound is the least sum of lower means, see
    `lower_mean_problem`; where nothing varies it meets the value, and the plan is optimal.

    Args:
        problem: blocks, nodes, links, their spreads and limits.
        objective: a quantile of the latency.
        budget: for all searches together.
        solve: the solver for sums that is asked for every corner and for the bound.

    Raises:
        PlannerError: the objective is no quantile, or too extreme a one to be simulated.

    Source: E. Nikolova, "Approximation algorithms for reliable stochastic combinatorial
    optimization", APPROX 2010 (the least mean plus a multiple of the standard deviation is on the
    hull of mean and variance).
    """
    if objective.quantile is None:
        raise PlannerError(f"the {objective.name} is no quantile: solve for it directly")
    if not problem.has_spread:
        return _without_spread(solve(problem, LATENCY, budget), objective)
    usual = solve(problem, LATENCY, share_of(budget))
    if usual.status is Status.INFEASIBLE:
        return _renamed(usual, objective)
    bound = solve(lower_mean_problem(problem, objective.quantile), LATENCY, share_of(budget))
    hull = mean_variance_hull(problem, solve, budget)
    plans = [point.plan for point in hull.points]
    plans += [usual.plan] if usual.plan is not None and usual.plan not in plans else []
    if not plans:
        unanswered = usual.model_copy(update={"lower_bound": bound.lower_bound})
        return _renamed(unanswered, objective)
    best = _best(problem, plans, objective.quantile, budget.seed)
    return _answer(problem, objective, best, bound, hull, seed=budget.seed)


def _best(problem: Problem, plans: list[Plan], quantile: float, seed: int) -> Plan:
    """The plan of least quantile; among equals, as drawn, the fewest stages and least mean."""
    simulator = TailSimulator(problem, seed=seed + 1)
    ranked = [
        (simulator.tail(plan, quantile).latency_s, len(plan.stages), index)
        for index, plan in enumerate(plans)
    ]
    return plans[min(ranked)[-1]]


def _answer(
    problem: Problem, objective: Objective, plan: Plan, bound: Solution, hull: Hull, *, seed: int
) -> Solution:
    quantile = objective.quantile or 0.0
    tail = TailSimulator(problem, seed=seed).tail(plan, quantile)
    lower = min(bound.lower_bound or 0.0, tail.latency_s)
    is_proved = tail.high_s - lower <= _ROUNDING * tail.high_s
    estimate = Evaluator(problem).evaluate(plan)
    if not estimate.fits or (broken := broken_limit(problem.limits, estimate)):
        raise RuntimeError(f"{_METHOD} returned a plan that breaks {broken or 'a cap'}")
    corners = f"{len(hull.points)} plan{'s' if len(hull.points) > 1 else ''}"
    kind = "all" if hull.is_complete else "not all"
    reason = (
        f"the best of {corners}, {kind} corners of the hull of mean and variance, by simulation; "
        f"the value is between {tail.low_s:.6g} s and {tail.high_s:.6g} s with "
        f"{tail.confidence:.0%} confidence"
    )
    return Solution(
        status=Status.OPTIMAL if is_proved else Status.FEASIBLE,
        method=f"{_METHOD} over {bound.method}",
        plan=plan,
        objective=objective,
        value=tail.latency_s,
        lower_bound=tail.latency_s if is_proved else lower,
        reason="" if is_proved else reason,
    )


def _renamed(solution: Solution, objective: Objective) -> Solution:
    """An answer without a plan: what does not fit does not fit whatever is made least."""
    method = f"{_METHOD} over {solution.method}"
    return solution.model_copy(update={"objective": objective, "method": method})


def _without_spread(solution: Solution, objective: Objective) -> Solution:
    """Where nothing is known to vary, every quantile is the latency."""
    method = f"{solution.method}, for every quantile: no spread is known"
    return solution.model_copy(update={"objective": objective, "method": method})
