"""Tail: a quantile of a plan's latency, found by simulation, with its error."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from profiler.record import Record

Probability = Annotated[float, Field(gt=0, lt=1)]


class Tail(Record):
    """The latency that a share of all requests does not exceed."""

    quantile: Probability
    """The share: 0.95 for the p95."""
    latency_s: NonNegativeFloat
    """The quantile of the draws."""
    low_s: NonNegativeFloat
    """With high_s an interval that holds the quantile of what was drawn from, with `confidence`.

    It is the error of the draws alone: what they are drawn from was itself measured a number of
    times only, as `basis` says.
    """
    high_s: NonNegativeFloat
    confidence: Probability
    n_draws: PositiveInt
    seed: NonNegativeInt
    sum_of_quantiles_s: NonNegativeFloat
    """The same quantile of each stage and hop for itself, added up: not the quantile of the sum,
    which is smaller because not everything is slow at once.
    """
    basis: dict[str, str]
    """What the time of each stage and hop was drawn from."""

    @property
    def parts_by_basis(self) -> dict[str, tuple[str, ...]]:
        """The stages and hops that were drawn from each kind of source."""
        return {
            basis: tuple(name for name, source in self.basis.items() if source == basis)
            for basis in dict.fromkeys(self.basis.values())
        }
