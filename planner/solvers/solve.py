"""The one entry point: picks the method, and answers with plan, value, bound and status."""

from __future__ import annotations

from math import inf

from planner.costs.compute import has_measured_stages
from planner.errors import PlannerError
from planner.objectives import (
    LATENCY,
    PRICE,
    Objective,
    ObjectiveKind,
    mean_variance,
)
from planner.plan_options import check_time_limit
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer
from planner.solvers.any_order.free_order import FreeOrder
from planner.solvers.any_order.local_search import LocalSearch
from planner.solvers.any_order.relaxation import Relaxation
from planner.solvers.any_order.typed_dp import TypedDp
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.interface import Solver
from planner.solvers.labelling.labels import Labels
from planner.solvers.no_method import no_method_reason
from planner.solvers.own_limit import with_slack
from planner.solvers.period.makespan import CappedChain
from planner.solvers.period.throughput import Throughput
from planner.solvers.quantile import plan_for_quantile
from planner.solvers.replicas import without_useless_replicas
from planner.solvers.revisit.revisits import TIERS, Revisits, RevisitTier
from planner.solvers.shared_media import plan_on_shared_media, shared_media_reason

AUTO = "auto"
SOLVERS: tuple[Solver, ...] = (
    ChainDp(),
    Throughput(),
    CappedChain(),
    FreeOrder(),
    Revisits(),
    Labels(),
    BruteForce(),
    TypedDp(),
    Relaxation(),
    LocalSearch(),
    *(RevisitTier(name) for name in TIERS),
)
"""In the order in which `auto` tries them: the quickest exact method first."""


def solve(
    problem: Problem,
    objective: Objective = LATENCY,
    *,
    method: str = AUTO,
    time_limit_s: float | None = None,
    seed: int = 0,
) -> Solution:
    """The best plan of the class that the problem's limits describe.

    For a quantile of the latency it is the best of the mean-variance hull: `plan_for_quantile`;
    a limit on the latency then is one on the usual latency, not on the quantile.

    Args:
        problem: blocks, nodes, links and limits.
        objective: what is made least.
        method: a solver's name, or `auto` for the first one that is for this problem.
        time_limit_s: seconds after which the best plan so far is returned with its gap.
        seed: of the searches that use random numbers; equal inputs give equal answers.

    Raises:
        PlannerError: an unknown method, one that is not for this problem, no time at all, or a
            quantile where stages were measured as a whole.
    """
    check_time_limit(time_limit_s)
    _check_spread(problem, objective)
    budget = Budget(inf if time_limit_s is None else time_limit_s, seed)
    solvers = _solvers(method)
    problem = with_slack(problem)
    if objective.kind is ObjectiveKind.PRICE and not _has_prices(problem):
        fastest = solve(problem, LATENCY, method=method, time_limit_s=time_limit_s, seed=seed)
        return _for_nothing(problem, fastest)

    def chosen(problem: Problem, part: Objective) -> Solver:
        for solver in solvers:
            if solver.skip_reason(problem, part) is None:
                return solver
        name = None if method == AUTO else method
        raise PlannerError(no_method_reason(problem, objective, part, solvers, method=name))

    def alone(problem: Problem, part: Objective, budget: Budget) -> Solution:
        return chosen(problem, part).solve(problem, part, budget)

    def within(problem: Problem, part: Objective, budget: Budget) -> Solution:
        # Not the wider class, but its best value all the same.
        problem = without_useless_replicas(problem, [part])
        if method == AUTO and shared_media_reason(problem, part) is not None:
            return plan_on_shared_media(problem, part, budget, alone)
        return alone(problem, part, budget)

    if objective.quantile is None:
        solution = within(problem, objective, budget)
    else:
        problem = without_useless_replicas(problem, [objective])
        if problem.has_spread:
            # Most of its searches are of this kind: say so before the first one of another.
            chosen(problem, mean_variance(1.0, 1.0))
        solution = plan_for_quantile(problem, objective, budget, within)
    return solution.model_copy(update={"runtime_s": budget.elapsed_s})


def _solvers(method: str) -> tuple[Solver, ...]:
    """Those to choose from."""
    if method == AUTO:
        # The oracle takes long where others do not, and finds nothing that they miss.
        return tuple(solver for solver in SOLVERS if not isinstance(solver, BruteForce))
    named = tuple(solver for solver in SOLVERS if solver.name == method)
    if not named:
        names = ", ".join(solver.name for solver in SOLVERS)
        raise PlannerError(f"method {method!r} is unknown: use {AUTO}, {names}")
    return named


def _check_spread(problem: Problem, objective: Objective) -> None:
    """Makes sure that what varies is known where it is asked for."""
    varies = objective.quantile is not None or objective.kind is ObjectiveKind.MEAN_VARIANCE
    if varies and has_measured_stages(problem):
        raise PlannerError(
            f"the {objective.name} needs the spread of every stage, and stages that were measured "
            "as a whole have none: plan for the latency"
        )


def _has_prices(problem: Problem) -> bool:
    prices = [node.price_per_s for node in problem.nodes]
    return any(prices + [link.price_per_byte for link in problem.links])


def _for_nothing(problem: Problem, fastest: Solution) -> Solution:
    """The answer where nothing has a price: every plan costs 0, so the quickest is as good."""
    if fastest.plan is None:
        return fastest.model_copy(update={"objective": PRICE, "lower_bound": None})
    method = f"{fastest.method}, by latency: no node and no link has a price"
    free = answer(problem, PRICE, method, plan=fastest.plan)
    return free.model_copy(update={"runtime_s": fastest.runtime_s})
