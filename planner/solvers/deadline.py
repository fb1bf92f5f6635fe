"""The end of a search that has run out of time, from deep inside it."""

from __future__ import annotations

from planner.errors import PlannerError
from planner.solvers.budget import Budget


class SpentError(PlannerError):
    """The search ends early; the solver catches it and answers with what it has."""


def check(budget: Budget) -> None:
    """Ends the search if its time is over.

    Raises:
        SpentError: it is.
    """
    if budget.spent:
        raise SpentError("the time limit was reached")
