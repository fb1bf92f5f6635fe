"""Budget: how long a search may take, and its random numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import inf

QUICK_S = 0.4
"""Enough for one plan of thousands of blocks on tens of nodes; limits are kept up to this."""


@dataclass(frozen=True)
class Budget:
    """A deadline and a seed; the clock starts when it is made.

    A search asks often, several times a second, and ends with what it has once it is `spent`.
    """

    time_limit_s: float = inf
    seed: int = 0
    _started_s: float = field(default_factory=time.monotonic)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started_s

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; infinite without one, never negative."""
        return max(self.time_limit_s - self.elapsed_s, 0.0)

    @property
    def spent(self) -> bool:
        """Whether the deadline has passed."""
        return self.elapsed_s >= self.time_limit_s

    def for_first_plan(self) -> Budget:
        """What is left, or a moment: so short a limit still gets a plan where one is quick."""
        return Budget(max(self.left_s, QUICK_S), self.seed)
