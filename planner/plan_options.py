"""PlanOptions: what a plan is searched for, and how."""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.limits import Limits, Order
from planner.objectives import LATENCY, Objective


@dataclass(frozen=True)
class PlanOptions:
    """Objective, class of plans, and the bounds of the search."""

    objective: Objective = LATENCY
    limits: Limits = field(default_factory=lambda: Limits(order=Order.LISTED))
    method: str = "auto"
    """A solver's name, or `auto`."""
    time_limit_s: float | None = None
    """After so long the best plan so far is taken, with its gap."""
    seed: int = 0
