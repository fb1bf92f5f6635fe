"""The oracle: prices every plan of the class, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import comb, factorial, inf, isfinite

from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError, check
from planner.solvers.node_types import node_types

_MOST_PLANS = 100_000
_Team = tuple[int, ...]


class BruteForce:
    """Tries all cuts on all sequences of nodes; knows nothing but `costs.evaluate`.

    Among equal values the first wins: fewest stages, then smallest cuts, then earliest nodes. It
    is what others are held to; `auto` never takes it.
    """

    name = "brute-force"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why the problem is too large to enumerate; none if it is not."""
        if objective.quantile is not None:
            return f"the {objective.name} is no part of a plan's price"
        count = n_plans(problem)
        if count <= _MOST_PLANS:
            return None
        return f"{count:,} plans are too many to price one by one (at most {_MOST_PLANS:,})"

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of all, or of those that there was time for, with no bound but 0."""
        method = f"{self.name} ({problem.limits.describe()})"
        best: Plan | None = None
        value, why = (inf, inf), ""
        try:
            for plan, estimate in feasible_plans(problem, budget):
                if (found := _rank(objective, estimate)) < value:
                    best, value = plan, found
        except SpentError as error:
            why = f"{error} before every plan was priced"
        if best is not None:
            bound = 0.0 if why else None
            return answer(problem, objective, method, plan=best, lower_bound=bound, reason=why)
        if why:
            return unanswered(objective, method, why, lower_bound=0.0)
        reason = "every plan of the class breaks a cap or a limit, or needs a missing link"
        return infeasible(objective, method, reason)


def feasible_plans(
    problem: Problem, budget: Budget | None = None
) -> Iterator[tuple[Plan, Breakdown]]:
    """Every plan that holds all caps and limits and uses links that exist, with its price.

    Raises:
        SpentError: the time is over before the last plan; it is asked for each.
    """
    budget, evaluator = budget or Budget(), Evaluator(problem)
    for plan in _plans(problem, budget):
        check(budget)
        estimate = evaluator.evaluate(plan)
        within = estimate.fits and isfinite(estimate.latency_s)
        if within and broken_limit(problem.limits, estimate) is None:
            yield plan, estimate


def _rank(objective: Objective, estimate: Breakdown) -> tuple[float, float]:
    """The value, and what decides between equal ones."""
    second = estimate.latency_s if objective.kind is ObjectiveKind.NODES else 0.0
    return objective.value(estimate), second


def _plans(problem: Problem, budget: Budget) -> Iterator[Plan]:
    names = [node.name for node in problem.nodes]
    stage_on = cache(problem.stage)
    most = problem.limits.max_stages or problem.n_blocks
    for n_stages in range(problem.limits.min_stages, min(most, problem.n_blocks) + 1):
        sequences = [
            [tuple(names[n] for n in team) for team in teams]
            for teams in _sequences(problem, _teams(problem), n_stages, budget)
        ]
        for cuts in combinations(range(1, problem.n_blocks), n_stages - 1):
            starts, stops = (0, *cuts), (*cuts, problem.n_blocks)
            for teams in sequences:
                yield problem.plan_of(map(stage_on, starts, stops, teams))


def _sequences(
    problem: Problem, teams: list[_Team], n_stages: int, budget: Budget
) -> Iterator[tuple[_Team, ...]]:
    """All sequences of nodes, or of equal nodes that share a stage, that the limits allow.

    Neighbouring stages on one node are left out: as one stage they take less of everything.
    """
    if n_stages == 0:
        yield ()
        return
    for earlier in _sequences(problem, teams, n_stages - 1, budget):
        check(budget)
        for team in teams:
            if not earlier or _may_follow(problem, earlier, team):
                yield (*earlier, team)


def _may_follow(problem: Problem, earlier: tuple[_Team, ...], team: _Team) -> bool:
    if problem.limits.revisits:
        return team != earlier[-1]
    if problem.limits.order is Order.LISTED:
        return max(earlier[-1]) < min(team)
    return not any(set(team) & set(before) for before in earlier)


def _teams(problem: Problem) -> list[_Team]:
    """Nodes that may run one stage together, all of one type."""
    most = problem.limits.max_replicas
    return [
        team
        for size in range(1, most + 1)
        for group in node_types(problem)
        for team in combinations(group, size)
    ]


def n_plans(problem: Problem) -> int:
    """No fewer than the plans of the class."""
    sizes = range(1, problem.limits.max_replicas + 1)
    n_teams = sum(comb(len(group), size) for group in node_types(problem) for size in sizes)
    most = min(problem.limits.max_stages or problem.n_blocks, problem.n_blocks)
    if not problem.limits.revisits:
        most = min(most, len(problem.nodes))
    total = 0
    for k in range(problem.limits.min_stages, most + 1):
        if problem.limits.revisits:
            sequences = n_teams**k
        elif problem.limits.order is Order.LISTED:
            sequences = comb(n_teams, k)
        else:
            sequences = comb(n_teams, k) * factorial(k)
        total += comb(problem.n_blocks - 1, k - 1) * sequences
    return total
