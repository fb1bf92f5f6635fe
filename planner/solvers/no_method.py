"""Why no method is for a problem, in the words of the one who asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planner.limits import Limits
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import Problem
from planner.solvers.interface import Solver

_MOST_REASONS = 2
_VALUES = {"max_latency_s": "latency", "max_period_s": "period", "max_price": "price"}


def no_method_reason(
    problem: Problem,
    asked: Objective,
    part: Objective,
    solvers: Sequence[Solver],
    *,
    method: str | None = None,
) -> str:
    """One sentence: what was asked for, why it cannot be had, and what to drop.

    Args:
        problem: with the limits that were asked for.
        asked: what was to be made least.
        part: the sum that a search for it needs, which no solver takes; for all but quantiles the
            same.
        solvers: all that may be chosen from, none of which is for the problem.
        method: the name of the only one, if it was named.
    """
    who = "no method is" if method is None else f"method {method!r} is not"
    found = (solver.skip_reason(problem, part) for solver in solvers)
    # The last ones are for the widest classes.
    reasons = list(dict.fromkeys(reason for reason in found if reason))[-_MOST_REASONS:]
    helps = [
        words
        for words, other, objective in _changes(problem, asked, part)
        if any(solver.skip_reason(other, objective) is None for solver in solvers)
    ]
    advice = [f"drop {' or '.join(helps)}"] if helps else []
    advice += [] if method is None else ["use method auto"]
    then = f": {', or '.join(advice)}" if advice else ""
    why = " and ".join(reasons)
    return f"{who} for the {asked.name} with {_class(problem.limits)}, since {why}{then}"


def _class(limits: Limits) -> str:
    values = [name for field, name in _VALUES.items() if getattr(limits, field) is not None]
    if not values:
        return limits.describe()
    return f"{limits.describe()} and a limit on {' and '.join(values)}"


def _changes(
    problem: Problem, asked: Objective, part: Objective
) -> Iterator[tuple[str, Problem, Objective]]:
    """Each single thing that could be given up: its name, and what is left to solve."""
    given = [field for field in _VALUES if getattr(problem.limits, field) is not None]
    for field in given:
        yield f"the limit on {_VALUES[field]}", _with(problem, **{field: None}), part
    if len(given) > 1:
        yield "all limits on values", _with(problem, **dict.fromkeys(given)), part
    if problem.limits.max_replicas > 1:
        yield "replicas", _with(problem, max_replicas=1), part
    if problem.limits.revisits:
        yield "revisits", _with(problem, revisits=False), part
    if asked.quantile is not None and part.kind is ObjectiveKind.MEAN_VARIANCE:
        yield "the quantile", problem, LATENCY


def _with(problem: Problem, **changes: object) -> Problem:
    return problem.replaced(limits=problem.limits.model_copy(update=changes))
