"""Sweep: the best plan for every number of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import PositiveInt

from planner.baselines.hand_split import HandSplit
from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.errors import PlannerError
from planner.plan_row import PlanRow, plan_fields
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve


class SweepRow(PlanRow):
    """The best plan with one number of parts, or why there is none."""

    parts: PositiveInt


def sweep_parts(
    problem: Problem,
    solve: Callable[[Problem], Solution] = solve,
    *,
    counts: Sequence[int] | None = None,
) -> tuple[SweepRow, ...]:
    """The best plan with exactly 1, 2, … parts, up to one part per node or the limit on stages.

    Peak memory and moved bytes are those of that plan; another plan with as many parts may need
    less of them.

    Args:
        problem: its limits on the number of stages say where to begin and to end.
        solve: finds the best plan; the one of least latency if not given.
        counts: numbers of parts to try, if not all.

    Raises:
        PlannerError: there is no number to try, or one is beyond the limits.
    """
    least = problem.limits.min_stages
    most = min(problem.limits.max_stages or len(problem.nodes), len(problem.nodes))
    if counts is not None:
        _check_counts(counts, least, most)
    rows = []
    for parts in range(least, most + 1) if counts is None else counts:
        counted = {"min_stages": parts, "max_stages": parts}
        limited = problem.replaced(limits=problem.limits.model_copy(update=counted))
        rows.append(SweepRow(parts=parts, **plan_fields(limited, solve(limited))))
    return tuple(rows)


def priced_hand_split(problem: Problem) -> Breakdown | None:
    """The price of the split by hand, to show beside a sweep; none if nobody would split by hand.

    It may hold no cap and no limit.
    """
    rule = HandSplit()
    if rule.skip_reason(problem) is not None:
        return None
    return Evaluator(problem).evaluate(rule.propose(problem))


def _check_counts(counts: Sequence[int], least: int, most: int) -> None:
    if not counts:
        raise PlannerError("a sweep over the parts needs at least one number of parts to try")
    for parts in counts:
        if not least <= parts <= most:
            raise PlannerError(
                f"{parts} parts cannot be tried: choose from {least} to {most}, at most one part "
                "per node and no more than the limit on stages"
            )
