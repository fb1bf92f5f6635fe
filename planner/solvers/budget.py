"""Budget: how long a search may take, and its random numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import inf


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
