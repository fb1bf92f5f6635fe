"""Plans for a quantile of the latency: the best of the mean-variance hull, by simulation."""

from __future__ import annotations

from math import isfinite

from planner.costs.evaluate import Evaluator
from planner.costs.spread_prices import lower_mean_problem
from planner.costs.tails import TailSimulator, check_quantile
from planner.errors import PlannerError
from planner.objectives import LATENCY, Objective, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.additive_floor import additive_floor
from planner.solvers.budget import Budget
from planner.solvers.mean_variance_hull import Hull, Solve, mean_variance_hull, share_of

_METHOD = "mean-variance-hull"
_ROUNDING = 1e-9
_HULL_SHARE = 0.75
"""Of the time that is left; the rest is for the simulations."""


def plan_for_quantile(
    problem: Problem, objective: Objective, budget: Budget, solve: Solve
) -> Solution:
    """A plan whose latency quantile is small, with a bound that no plan's quantile is below.

    The candidates are the corners of the lower hull of mean and variance, and the plan of least
    usual latency. The simulation ranks them, all on the same draws; the winner's value is from
    draws of its own, so that it was not chosen for its luck. It is a heuristic: a plan inside the
    hull can have a smaller quantile. The bound is the least sum of lower means, see
    `lower_mean_problem`; where nothing varies it meets the value, and the plan is optimal.

    All plans hold the limits, and a limit on the latency is one on the usual latency, as for every
    other objective: the quantile itself has no limit. The bound is that of all plans of the class,
    whether or not they hold limits on values.

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
    check_quantile(objective.quantile)
    if not problem.has_spread:
        return _without_spread(solve(problem, LATENCY, budget), objective)
    usual = solve(problem, LATENCY, share_of(budget))
    if usual.status is Status.INFEASIBLE:
        return _renamed(usual, objective)
    bound_s = _bound_s(problem, objective.quantile, solve, budget)
    if usual.plan is not None and budget.spent:
        hull = Hull((), is_complete=False, first=usual)
    else:
        hull = mean_variance_hull(problem, solve, share_of(budget, _HULL_SHARE))
    plans = [point.plan for point in hull.points]
    plans += [usual.plan] if usual.plan is not None and usual.plan not in plans else []
    if not plans:
        return _renamed(usual.model_copy(update={"lower_bound": bound_s}), objective)
    ranked = _ranked(problem, plans, objective.quantile, budget)
    kind = "all" if hull.is_complete and len(ranked) == len(plans) else "not all"
    tried = (
        f"the best of {len(ranked)} by simulation, which are {kind} corners of the hull of mean "
        "and variance and the plan of least usual latency"
    )
    method = f"{_METHOD} over {hull.first.method}"
    answer = _answer(problem, objective, ranked[0], bound_s, tried=tried, seed=budget.seed)
    return answer.model_copy(update={"method": method})


def _bound_s(problem: Problem, quantile: float, solve: Solve, budget: Budget) -> float:
    """No plan's quantile is below it; quickly known once there is no time for a search."""
    lower_means = lower_mean_problem(problem, quantile)
    floor_s = additive_floor(lower_means, LATENCY)
    if budget.spent:
        return floor_s if isfinite(floor_s) else 0.0
    return max(solve(lower_means, LATENCY, share_of(budget)).lower_bound or 0.0, floor_s)


def _ranked(problem: Problem, plans: list[Plan], quantile: float, budget: Budget) -> list[Plan]:
    """By quantile, the least first; among equals, as drawn, by stages and then as given.

    At least one plan, and no more than there is time for.
    """
    simulator = TailSimulator(problem, seed=budget.seed + 1)
    ranked: list[tuple[float, int, int]] = []
    for index, plan in enumerate(plans):
        if ranked and budget.spent:
            break
        ranked.append((simulator.tail(plan, quantile).latency_s, len(plan.stages), index))
    return [plans[index] for _, _, index in sorted(ranked)]


def _answer(
    problem: Problem, objective: Objective, plan: Plan, bound_s: float, *, tried: str, seed: int
) -> Solution:
    tail = TailSimulator(problem, seed=seed).tail(plan, objective.quantile or 0.0)
    lower = min(bound_s, tail.latency_s)
    is_proved = tail.high_s - lower <= _ROUNDING * tail.high_s
    estimate = Evaluator(problem).evaluate(plan)
    if not estimate.fits or (broken := broken_limit(problem.limits, estimate)):
        raise RuntimeError(
            f"{_METHOD} returned a plan that breaks {broken or 'a cap'}: please report this problem"
        )
    reason = (
        f"{tried}; the value is between {tail.low_s:.6g} s and {tail.high_s:.6g} s with "
        f"{tail.confidence:.0%} confidence"
    )
    return Solution(
        status=Status.OPTIMAL if is_proved else Status.FEASIBLE,
        method=_METHOD,
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
