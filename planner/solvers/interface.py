"""What every solver answers."""

from __future__ import annotations

from typing import Protocol

from planner.problem import Problem
from planner.solution import Solution


class Solver(Protocol):
    """Finds a plan of least end-to-end latency that holds every memory cap.

    That nothing fits is an answer with a reason, not an error. The value of every answer is what
    `costs.evaluate` says of its plan.
    """

    @property
    def name(self) -> str:
        """Short name, for tables and options."""
        ...

    def skip_reason(self, problem: Problem) -> str | None:
        """Why this solver is not for this problem; none if it is."""
        ...

    def solve(self, problem: Problem, *, max_stages: int | None = None) -> Solution:
        """The best plan of any number of stages, or of at most `max_stages`."""
        ...

    def solve_each_count(
        self, problem: Problem, *, max_stages: int | None = None
    ) -> tuple[Solution, ...]:
        """The best plan of exactly 1, 2, … stages, up to `max_stages` or else one per node."""
        ...
