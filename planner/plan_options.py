"""PlanOptions: what a plan is searched for, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from planner.errors import PlannerError
from planner.limits import Limits
from planner.objectives import LATENCY, Objective


def check_time_limit(time_limit_s: float | None) -> None:
    """Makes sure that a search has time.

    Raises:
        PlannerError: it has none.
    """
    if time_limit_s is not None and not 0 < time_limit_s < inf:
        raise PlannerError(f"time limit {time_limit_s:g} s: give it more than 0 s, or none at all")


@dataclass(frozen=True)
class PlanOptions:
    """Objective, class of plans, and the bounds of the search.

    Raises:
        PlannerError: a time limit that leaves no time.
    """

    objective: Objective = LATENCY
    limits: Limits = field(default_factory=Limits)
    method: str = "auto"
    """A solver's name, or `auto`."""
    time_limit_s: float | None = None
    """After so long the best plan so far is taken, with its gap."""
    seed: int = 0
    reorder: bool = True
    """Whether a model that branches may run its blocks in another order than the program's."""

    def __post_init__(self) -> None:
        check_time_limit(self.time_limit_s)
