"""What every solver answers."""

from __future__ import annotations

from typing import Protocol

from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.budget import Budget


class Solver(Protocol):
    """Finds a plan of least value that holds every memory cap and the problem's limits.

    That nothing fits is an answer with a reason, not an error. The value of every answer is what
    `costs.evaluate` says of its plan. A solver that is cut short by the budget answers with the
    best plan it has and a valid lower bound.
    """

    @property
    def name(self) -> str:
        """Short name, for tables and options."""
        ...

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why this solver is not for this problem and objective; none if it is."""
        ...

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class that the limits describe; no budget means no deadline."""
        ...
