"""How much transfer times vary: measured times over the times that the link model says."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from netmodel.record import Record

Ratio = Annotated[float, Field(gt=0, le=1e6)]
Level = Annotated[float, Field(gt=0, lt=1)]


class TransferSpread(Record):
    """Ratios of measured transfer times to those of the link model, for messages of any size.

    Either samples, each as likely as the others; or quantiles, between which the quantile function
    is linear. Beyond the outermost quantiles it is constant: nothing is known there.
    """

    ratios: tuple[Ratio, ...] = Field(min_length=2)
    """The samples, in any order, or the quantiles, ascending."""
    levels: tuple[Level, ...] = ()
    """Of each quantile, ascending; none for samples."""

    @model_validator(mode="after")
    def _quantiles_ascend(self) -> Self:
        if not self.levels:
            return self
        if len(self.levels) != len(self.ratios):
            raise ValueError(f"{len(self.levels)} levels have {len(self.ratios)} quantiles")
        if any(a >= b for a, b in pairwise(self.levels)):
            raise ValueError(f"levels {self.levels} must ascend strictly, each once")
        for (low, below), (high, above) in pairwise(zip(self.levels, self.ratios, strict=True)):
            if below > above:
                raise ValueError(
                    f"quantile {format_level(high)} is {above:g}, below {format_level(low)} with "
                    f"{below:g}: quantiles never fall"
                )
        return self


def format_level(level: float) -> str:
    """How a person names a quantile: `p95` of 0.95."""
    return f"p{100 * level:g}"


def parse_level(text: object) -> float:
    """The level of a quantile's name: 0.95 of `p95`.

    Raises:
        ValueError: the text is no such name, or not between p0 and p100.
    """
    number = text[1:] if isinstance(text, str) and text[:1] == "p" else ""
    try:
        level = float(number) / 100
    except ValueError:
        raise ValueError(f"quantile {text!r} has no name like p50 or p99.9") from None
    if not 0 < level < 1:
        raise ValueError(f"quantile {text!r} is not between p0 and p100")
    return level
