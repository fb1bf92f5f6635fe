"""Stage counts: how many stages a plan may have, and how a reason words it."""

from __future__ import annotations

from dataclasses import dataclass

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
        if self.least == self.most:
            return f"plan with exactly {self.most} stage{'s' if self.most > 1 else ''}"
        if self.least > 1:
            return f"plan with {self.least} to {self.most} stages"
        return f"plan with at most {self.most} stage{'s' if self.most > 1 else ''}"

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


def stage_counts(problem: Problem) -> StageCounts:
    """The numbers of stages that the problem's limits allow."""
    least, most = problem.limits.min_stages, problem.limits.max_stages
    possible = most_stages(problem)
    return StageCounts(least, max(least, possible if most is None else min(most, possible)))
