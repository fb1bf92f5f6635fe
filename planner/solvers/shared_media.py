"""Shared media: plans by the period where several links carry one message at a time in all.

The solvers take every direction of a link alone. Without its media a problem has the same plans,
each with the same latency, price and memory, and with a period that is no longer: what is loaded
on a medium in sum is loaded on its links in parts. So a bound on any plan without media is one
with them, and a plan that is best without them is a good one with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import inf

from planner.costs.evaluate import Evaluator
from planner.objectives import LATENCY, Objective, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.answers import answer, unanswered
from planner.solvers.brute_force import BruteForce, n_plans
from planner.solvers.budget import Budget

_FEW_PLANS = 5_000
"""So many are priced one by one, which takes a second or two and proves the best."""
_SLOWER = (2.0, 4.0, 16.0)
_FIRST_SHARE = 0.5
"""Of the time, for the bound."""

Search = Callable[[Problem, Objective, Budget], Solution]


def shared_media_reason(problem: Problem, objective: Objective) -> str | None:
    """Why a solver that takes every link alone is not for a problem; none if it is."""
    if not _counts_period(problem, objective) or not _shared(problem):
        return None
    names = ", ".join(repr(medium) for medium in sorted(_shared(problem)))
    return f"it takes every link alone, but several share the medium {names}"


def plan_on_shared_media(
    problem: Problem, objective: Objective, budget: Budget, search: Search
) -> Solution:
    """The best plan of several that are found as if links did not share, at its true price.

    If there are few plans, it is the best of all. Else the answer is feasible with a gap, unless
    the best value without media is reached.

    Args:
        problem: one whose links share media.
        objective: one that counts the period, or any if the problem limits the period.
        budget: when to stop.
        search: the best plan of a problem without media.
    """
    method = f"as if links were alone, then with their media ({problem.limits.describe()})"
    if n_plans(problem) <= _FEW_PLANS:
        found = BruteForce().solve(problem, objective, Budget(budget.left_s * _FIRST_SHARE))
        if found.status in (Status.OPTIMAL, Status.INFEASIBLE):
            return found
    alone = search(_with_media(problem, 1.0), objective, _part(budget, _FIRST_SHARE))
    if alone.status is Status.INFEASIBLE:
        return alone
    best = _best(problem, objective, _candidates(problem, objective, alone, budget, search))
    bound = alone.lower_bound or 0.0
    if best is None:
        return unanswered(
            objective,
            method,
            "no plan that was found keeps its limits with what links share",
            lower_bound=bound,
        )
    reason = "links that share a medium are counted as if each were alone in the bound"
    return answer(problem, objective, method, plan=best, lower_bound=bound, reason=reason)


def _candidates(
    problem: Problem, objective: Objective, alone: Solution, budget: Budget, search: Search
) -> Iterator[Plan]:
    """Plans without media, and those that avoid what is shared as if it were slower."""
    if alone.plan is not None:
        yield alone.plan
    others = [(_with_media(problem, slower), objective) for slower in _SLOWER]
    for number, (other, kind) in enumerate((*others, (_with_media(problem, 1.0), LATENCY))):
        if budget.spent:
            return
        plan = search(other, kind, _part(budget, 1 / (len(_SLOWER) + 1 - number))).plan
        if plan is not None:
            yield plan


def _best(problem: Problem, objective: Objective, plans: Iterator[Plan]) -> Plan | None:
    """The plan of least value that keeps all caps and limits, if there is one."""
    evaluator, least = Evaluator(problem), inf
    best: Plan | None = None
    for found in plans:
        plan = found.model_copy(update={"problem_digest": problem.digest})
        estimate = evaluator.evaluate(plan)
        value = objective.value(estimate)
        keeps = estimate.fits and broken_limit(problem.limits, estimate) is None
        if keeps and value < least:
            best, least = plan, value
    return best


def _with_media(problem: Problem, slower: float) -> Problem:
    """The problem without media, the links that share one so many times slower."""
    shared = _shared(problem)
    links = tuple(
        link.model_copy(
            update={
                "medium": None,
                "model": link.model.faster(1 / slower) if link.medium in shared else link.model,
            }
        )
        for link in problem.links
    )
    return problem.replaced(links=links)


def _shared(problem: Problem) -> set[str]:
    """Media of more than one link."""
    counts = Counter(link.medium for link in problem.links if link.medium is not None)
    return {medium for medium, count in counts.items() if count > 1}


def _counts_period(problem: Problem, objective: Objective) -> bool:
    kinds = (ObjectiveKind.THROUGHPUT, ObjectiveKind.MAKESPAN)
    return objective.kind in kinds or problem.limits.max_period_s is not None


def _part(budget: Budget, share: float) -> Budget:
    return Budget(budget.left_s * share, budget.seed)
