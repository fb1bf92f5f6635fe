"""What to profile, and how. Importable without torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from profiler.blocks import Granularity
from profiler.errors import BackendError
from profiler.profile_records import Attribution

REST_S = 0.02
"""A request that goes round a chain leaves every worker idle for about so long, or longer."""


@dataclass(frozen=True)
class Rounds:
    """How often everything is measured: until the budget is used up, within these limits."""

    least: int = 10
    most: int = 60
    budget_s: float = 12.0
    """Wall time of noise floor, warm-up and rounds together, unless the least takes longer."""
    floor: int = 12
    """Pairs of runs of the whole model before anything else, for the noise of A against A; 0 for
    none."""
    rest_s: float = REST_S
    """Pause before each timed run of the whole model and of the chain of blocks."""


_LEAST_ROUNDS = 6
"""The fewest samples whose extremes hold the median with 95 % confidence: 1 - 2·2⁻⁶ = 0.969."""


def rounds_within(budget_s: float) -> Rounds:
    """Rounds that use a budget up: the longer it is, the more of them there may be."""
    default = Rounds()
    most = round(default.most * budget_s / default.budget_s)
    return Rounds(least=_LEAST_ROUNDS, most=max(most, _LEAST_ROUNDS), budget_s=budget_s)


def attribution_named(name: str) -> Attribution:
    """The way to time blocks of that name.

    Raises:
        BackendError: there is none.
    """
    try:
        return Attribution(name)
    except ValueError as error:
        known = ", ".join(way.value for way in Attribution)
        raise BackendError(f"unknown attribution {name!r}: choose one of {known}") from error


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
    attribution: Attribution = Attribution.SEQUENCE
    """How blocks are timed; only some backends can trace."""
