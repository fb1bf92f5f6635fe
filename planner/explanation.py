"""Explanation: why a plan is as it is, and what would change it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import NonNegativeFloat, NonNegativeInt

from planner.compare import Row
from planner.objectives import Objective
from planner.plan import Plan
from profiler.record import Record


class ChangeKind(StrEnum):
    """What is different in a what-if."""

    MEMORY = "memory"
    """A larger cap on one node."""
    BANDWIDTH = "bandwidth"
    """A quicker wire between two nodes, both ways."""
    SPEED = "speed"
    """A quicker node."""
    LIMIT = "limit"
    """A looser limit on latency, period or price."""
    PLANS = "plans"
    """A larger class of plans."""


class WhatIf(Record):
    """The problem solved again with one change."""

    kind: ChangeKind
    subject: str
    """The node, the wire or the limit."""
    change: str
    """What is changed about it, in words: `+64 MiB`."""
    value: NonNegativeFloat | None
    """Of the best plan then, in the objective's unit; none if the search found none."""
    gain: NonNegativeFloat
    """By how much that is less than now: the shadow price of the change."""
    proved: bool
    """Whether no plan is better then; if not, the gain may be larger."""


class MemoryUse(Record):
    """What the plan takes of a node's memory, and whether that is why it is not better."""

    node: str
    used_bytes: NonNegativeInt
    cap_bytes: NonNegativeInt
    binds: bool | None
    """Whether the best plan would be better if this node had no cap; none if it was not asked."""


class NextBest(Record):
    """The best of all plans with other cuts or other kinds of nodes."""

    plan: Plan
    value: NonNegativeFloat
    distance: float
    """By how much its value is above the plan's; negative if the plan was not the best."""
    proved: bool
    """Whether no other plan is between the two."""


class Cutting(Record):
    """Whether it pays to cut: the best plan in one piece beside the best one with a cut."""

    whole: NonNegativeFloat | None
    """Value of the best plan of one stage; none if it fits nowhere."""
    whole_reason: str
    """Why it does not."""
    cut: NonNegativeFloat | None
    """Value of the best plan of two or more stages; none if there is none."""
    cut_reason: str
    compute_change_s: float | None
    """Compute time of the cut plan less that of the whole one."""
    transfer_change_s: float | None
    """Transfer time of the cut plan less that of the whole one."""
    whole_busiest: str = ""
    """The node, link or medium that bounds the whole plan's period; empty without a plan."""
    cut_busiest: str = ""
    """The same of the cut plan."""


class Explanation(Record):
    """Everything that solving again can tell about a plan."""

    objective: Objective
    value: NonNegativeFloat
    memory: tuple[MemoryUse, ...]
    value_without_caps: NonNegativeFloat | None
    """Of the best plan if no node had a cap; none if it was not asked or not found."""
    what_ifs: tuple[WhatIf, ...]
    """The largest gain first."""
    next_best: NextBest | None
    cutting: Cutting | None
    """None if it was not asked."""
    alternatives: tuple[Row, ...]
    """Our plan, every single node, and the baselines."""
    left_out: NonNegativeInt
    """Questions that were not asked for lack of time."""

    @property
    def gaining(self) -> tuple[WhatIf, ...]:
        """The changes after which a better plan was found, the largest gain first."""
        return tuple(o for o in self.what_ifs if o.gain > 0 and o.value is not None)
