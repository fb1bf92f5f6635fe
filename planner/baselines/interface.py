"""What every baseline answers."""

from __future__ import annotations

from typing import Protocol

from planner.plan import Plan
from planner.problem import Problem


class Baseline(Protocol):
    """A rule that others use to cut a model; it may ignore caps, links and speeds.

    None knows of starts of stages: what a rule makes is priced with them all the same.
    """

    @property
    def name(self) -> str:
        """Short name, for tables."""
        ...

    @property
    def note(self) -> str:
        """What the rule looks at, and what it ignores."""
        ...

    def skip_reason(self, problem: Problem) -> str | None:
        """Why the rule says nothing about this problem; none if it does."""
        ...

    def propose(self, problem: Problem) -> Plan:
        """The plan that the rule makes; only for problems that it does not skip."""
        ...
