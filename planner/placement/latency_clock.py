"""Deadline: when a search must stop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock."""

    at_s: float = math.inf

    @classmethod
    def after(cls, seconds: float | None) -> Self:
        """That many seconds from now; never, if none."""
        return cls() if seconds is None else cls(time.monotonic() + seconds)

    def is_over(self) -> bool:
        """Whether the moment has passed."""
        return time.monotonic() >= self.at_s

    def earlier(self, seconds: float) -> Deadline:
        """The moment that much earlier."""
        return Deadline(self.at_s - seconds)

    def share(self, part: float) -> Deadline:
        """The moment when that part of the time that is left has passed."""
        now_s = time.monotonic()
        return Deadline(now_s + part * (self.at_s - now_s))
