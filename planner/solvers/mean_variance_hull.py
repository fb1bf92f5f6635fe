"""The plans on the lower hull of mean and variance, by any solver for sums."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from planner.costs.evaluate import Evaluator
from planner.objectives import Objective, mean_variance
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.budget import Budget

Solve = Callable[[Problem, Objective, Budget], Solution]
"""The best plan for an additive objective."""

_ROUNDING = 1e-11
"""A plan that is better by less, relative to the value, lies on the line between two others."""
_MOST_SOLVES = 100
_SHARE = 1 / 3
"""Of the time that is left, for each search, unless it is told."""


@dataclass(frozen=True)
class HullPoint:
    """A plan with the two numbers that the hull is of."""

    plan: Plan
    mean_s: float
    variance_s2: float

    def value(self, variance_weight_per_s: float) -> float:
        """`mean + λ · variance`."""
        return self.mean_s + variance_weight_per_s * self.variance_s2


@dataclass(frozen=True)
class Hull:
    """Corners of the lower hull."""

    points: tuple[HullPoint, ...]
    """From the least mean to the least variance; empty if no plan was found."""
    is_complete: bool
    """Whether every corner is there, with every search proved."""
    first: Solution
    """The search for the least mean: says why there is no plan, if there is none."""


def share_of(budget: Budget, share: float = _SHARE) -> Budget:
    """A part of the time that is left, so that searches after it have some too."""
    return Budget(budget.left_s * share, budget.seed)


def mean_variance_hull(problem: Problem, solve: Solve, budget: Budget) -> Hull:
    """All corners of the lower hull of (mean, variance) over all plans, as the solver's class is.

    A plan is a corner if for some λ >= 0, or for the variance alone, it is the only best one of
    mean + λ · variance but for equals. Starting from the least mean and the least variance, each
    search takes the λ for which two neighbours are equal: a better plan is a corner between them.

    Source: Aneja and Nair, "Bicriteria transportation problem", Management Science 25(1), 1979
    (the search between two neighbours).
    """
    search = _Search(problem, solve, budget)
    first = search.solve(mean_variance(1.0, 0.0))
    if first.plan is None:
        return Hull((), is_complete=False, first=first)
    ends = [search.point(first)]
    if not budget.spent:
        least = search.solve(mean_variance(0.0, 1.0))
        ends += [search.point(least)] if least.plan is not None else []
    found = {point.plan: point for point in ends}
    waiting = deque([(ends[0], ends[-1])])
    is_complete = len(ends) > 1
    while waiting:
        if budget.spent or search.n_solves >= _MOST_SOLVES:
            is_complete = False
            break
        left, right = waiting.popleft()
        if (between := search.between(left, right)) is not None:
            found[between.plan] = between
            waiting += [(left, between), (between, right)]
    points = _corners(list(found.values()))
    return Hull(points, is_complete=is_complete and search.all_proved, first=first)


class _Search:
    """Solves for weights, and counts."""

    def __init__(self, problem: Problem, solve: Solve, budget: Budget) -> None:
        self._problem, self._solve, self._budget = problem, solve, budget
        self._evaluator = Evaluator(problem)
        self.n_solves = 0
        self.all_proved = True

    def solve(self, objective: Objective) -> Solution:
        self.n_solves += 1
        solution = self._solve(self._problem, objective, share_of(self._budget))
        self.all_proved &= solution.status is Status.OPTIMAL
        return solution

    def point(self, solution: Solution) -> HullPoint:
        if solution.plan is None:
            raise RuntimeError("a point of the hull needs a plan: please report this problem")
        estimate = self._evaluator.evaluate(solution.plan)
        return HullPoint(solution.plan, estimate.mean_s, estimate.variance_s2)

    def between(self, left: HullPoint, right: HullPoint) -> HullPoint | None:
        """A plan below the line through two; none if there is none."""
        rise, fall = right.mean_s - left.mean_s, left.variance_s2 - right.variance_s2
        if rise <= 0 or fall <= 0:
            return None
        weight = rise / fall
        solution = self.solve(mean_variance(1.0, weight))
        if solution.plan is None:
            return None
        point, line = self.point(solution), left.value(weight)
        return point if point.value(weight) < line - _ROUNDING * line else None


def _corners(points: list[HullPoint]) -> tuple[HullPoint, ...]:
    """Those on the lower left hull, each once, from the least mean on."""
    corners: list[HullPoint] = []
    for point in sorted(points, key=lambda p: (p.mean_s, p.variance_s2)):
        if corners and point.variance_s2 >= corners[-1].variance_s2:
            continue
        while len(corners) > 1 and _is_above(corners[-1], corners[-2], point):
            corners.pop()
        corners.append(point)
    return tuple(corners)


def _is_above(middle: HullPoint, left: HullPoint, right: HullPoint) -> bool:
    """Whether the middle point is on or above the line between the other two."""
    run, rise = right.mean_s - left.mean_s, right.variance_s2 - left.variance_s2
    return (middle.variance_s2 - left.variance_s2) * run >= (middle.mean_s - left.mean_s) * rise
