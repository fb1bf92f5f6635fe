"""The whole model on one node."""

from __future__ import annotations

from dataclasses import dataclass

from planner.plan import Plan
from planner.problem import Problem


@dataclass(frozen=True)
class SingleNode:
    """No cut at all; the inputs travel to the node, the outputs from it."""

    node: str

    note = "no cut; ignores the memory cap and the other nodes"

    @property
    def name(self) -> str:
        """Short name, for tables."""
        return f"all on {self.node}"

    def skip_reason(self, problem: Problem) -> str | None:
        """Why the rule says nothing about this problem; none if it does."""
        if self.node in problem.node_index:
            return None
        return f"{self.node!r} is no node: choose from {', '.join(problem.node_index)}"

    def propose(self, problem: Problem) -> Plan:
        """One stage with every block."""
        return problem.plan((), (self.node,))
