"""The oracle: prices every plan of the class, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb, isfinite

from planner.costs.evaluate import Evaluator
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.stage_counts import StageCounts, at_most

_METHOD = "brute-force (nodes in listed order, one stage each)"
_MOST_PLANS = 100_000


class BruteForce:
    """Tries all cuts on all subsequences of the nodes; knows nothing but `costs.evaluate`.

    Among equal values the first wins: fewest stages, then smallest cuts, then earliest nodes.
    """

    name = "brute-force"

    def skip_reason(self, problem: Problem) -> str | None:
        """Why the problem is too large to enumerate; none if it is not."""
        n_plans = comb(problem.n_blocks + len(problem.nodes) - 1, problem.n_blocks)
        if n_plans <= _MOST_PLANS:
            return None
        return f"{n_plans:,} plans are too many to price one by one (at most {_MOST_PLANS:,})"

    def solve(self, problem: Problem, *, max_stages: int | None = None) -> Solution:
        """The best plan of any number of stages, or of at most `max_stages`."""
        return _best(problem, at_most(problem, max_stages))

    def solve_each_count(
        self, problem: Problem, *, max_stages: int | None = None
    ) -> tuple[Solution, ...]:
        """The best plan of exactly 1, 2, … stages, up to `max_stages` or else one per node."""
        wanted = len(problem.nodes) if max_stages is None else max_stages
        return tuple(_best(problem, StageCounts(k, k)) for k in range(1, wanted + 1))


def _best(problem: Problem, counts: StageCounts) -> Solution:
    best: Plan | None = None
    value_s = float("inf")
    evaluator = Evaluator(problem)
    for plan in _plans(problem, counts):
        estimate = evaluator.evaluate(plan)
        if estimate.fits and estimate.latency_s < value_s:
            best, value_s = plan, estimate.latency_s
    if best is None or not isfinite(value_s):
        reason = f"every {counts.describe(problem)} breaks a cap or needs a missing link"
        return Solution(status=Status.INFEASIBLE, method=_METHOD, reason=reason)
    return Solution(
        status=Status.OPTIMAL, method=_METHOD, plan=best, value_s=value_s, lower_bound_s=value_s
    )


def _plans(problem: Problem, counts: StageCounts) -> Iterator[Plan]:
    names = tuple(node.name for node in problem.nodes)
    for n_stages in range(counts.least, counts.most + 1):
        for cuts in combinations(range(1, problem.n_blocks), n_stages - 1):
            for nodes in combinations(names, n_stages):
                yield problem.plan(cuts, nodes)
