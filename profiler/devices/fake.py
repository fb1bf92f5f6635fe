"""A device whose clock a test turns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FakeDevice:
    """Time stands still until something calls `pass_s`."""

    name: str = "cpu"
    time_s: float = 0.0

    def skip_reason(self) -> str | None:
        """Always usable."""
        return None

    def description(self) -> str:
        """Its name."""
        return "fake"

    def now_s(self) -> float:
        """The clock as it was turned."""
        return self.time_s

    def rest(self, seconds: float) -> None:
        """Turns the clock by the rest."""
        self.pass_s(seconds)

    def pass_s(self, seconds: float) -> None:
        """Turns the clock."""
        self.time_s += seconds
