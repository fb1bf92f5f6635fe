"""Stage counts: how many stages a plan may have, and how a reason words it."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import PlannerError
from planner.problem import Problem


@dataclass(frozen=True)
class StageCounts:
    """From `least` to `most` stages, both included."""

    least: int
    most: int

    def describe(self, problem: Problem) -> str:
        """The plans meant, as a reason begins: `plan with at most 2 stages`."""
        if self.is_unlimited(problem):
            return "plan"
        plural = "s" if self.most > 1 else ""
        limit = "exactly" if self.least == self.most else "at most"
        return f"plan with {limit} {self.most} stage{plural}"

    def is_unlimited(self, problem: Problem) -> bool:
        """Whether every plan of the problem has one of these counts."""
        return self.least == 1 and self.most >= most_stages(problem)

    def __contains__(self, count: int) -> bool:
        return self.least <= count <= self.most

    def impossible_reason(self, problem: Problem) -> str | None:
        """Why no plan at all has so many stages; none if some do."""
        if self.least > problem.n_blocks:
            return f"{self.least} stages need as many blocks; there are {problem.n_blocks}"
        if self.least > len(problem.nodes):
            return f"{self.least} stages need as many nodes; there are {len(problem.nodes)}"
        return None


def most_stages(problem: Problem) -> int:
    """No plan has more: every stage needs a node of its own and a block."""
    return min(len(problem.nodes), problem.n_blocks)


def at_most(problem: Problem, max_stages: int | None) -> StageCounts:
    """Any number of stages up to the given one.

    Raises:
        PlannerError: fewer than one stage.
    """
    if max_stages is not None and max_stages < 1:
        raise PlannerError(f"max_stages is {max_stages}: a plan has at least 1 stage")
    limit = most_stages(problem)
    return StageCounts(1, limit if max_stages is None else min(max_stages, limit))
