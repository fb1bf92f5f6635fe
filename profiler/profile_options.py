"""What to profile, and how. Importable without torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from profiler.blocks import Granularity


@dataclass(frozen=True)
class Rounds:
    """How often everything is measured: until the budget is used up, within these limits."""

    least: int = 10
    most: int = 60
    budget_s: float = 12.0


@dataclass(frozen=True)
class ProfileOptions:
    """What to measure, and how."""

    backend: str = "torch"
    granularity: Granularity = Granularity.BLOCK
    cuts: tuple[int, ...] | None = None
    """Explicit operator positions instead of a granularity."""
    device: str = "cpu"
    threads: int = 1
    rounds: Rounds = field(default_factory=Rounds)
