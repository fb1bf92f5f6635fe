"""Spread: how the times of a model's blocks vary together, as a profile has it."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Self

import numpy as np
from pydantic import Field, NonNegativeFloat, model_validator

from netmodel.links.spread import Level, format_level
from profiler.profile_records import Profile
from profiler.record import Record

_PROFILE_LEVELS = (0.1, 0.5, 0.9)
"""Of the quantiles that every profile has."""


class BlockSpread(Record):
    """Times of all blocks of one profile, in rows that belong together, as they were measured.

    Without levels each row is a round, and each round as likely as the others: what slowed a whole
    round down stays together. With levels each row holds the blocks' quantiles at one level; all
    blocks are then at one level at a time, the most that they can vary together.
    """

    rows_s: tuple[tuple[NonNegativeFloat, ...], ...] = Field(min_length=1)
    """One entry per block in each row."""
    levels: tuple[Level, ...] = ()
    """Of each row, ascending; none for rounds."""

    @model_validator(mode="after")
    def _rows_agree(self) -> Self:
        if len({len(row) for row in self.rows_s}) > 1:
            raise ValueError("rows_s: every row needs an entry per block")
        if not self.levels:
            return self
        if len(self.levels) != len(self.rows_s):
            raise ValueError(f"levels: {len(self.levels)} of them for {len(self.rows_s)} rows")
        if any(a >= b for a, b in pairwise(self.levels)):
            raise ValueError(f"levels: {self.levels} must ascend strictly")
        for below, above in pairwise(self.rows_s):
            for block, (low, high) in enumerate(zip(below, above, strict=True)):
                if low > high * (1 + 1e-9):
                    raise ValueError(f"rows_s: a quantile of block {block} falls to {high:g} s")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the content; of its bytes, for as text it would take ten times as long."""
        rows = np.array(self.rows_s, dtype="<f8")
        head = f"{rows.shape} {self.levels}\n"
        return hashlib.sha256(head.encode() + rows.tobytes()).hexdigest()

    def describe(self) -> str:
        """What it was made from, in words."""
        if not self.levels:
            return f"samples of {len(self.rows_s)} measured rounds"
        names = ", ".join(format_level(level) for level in self.levels)
        return f"quantiles {names} of measured rounds, constant beyond, all blocks at one level"


def block_spread(profile: Profile) -> BlockSpread:
    """The spread of a profile's blocks: its rounds, or its quantiles where no rounds were kept."""
    timings = [block.latency for block in profile.blocks]
    if all(timing.samples_s for timing in timings):
        rounds = zip(*(timing.samples_s for timing in timings), strict=True)
        return BlockSpread(rows_s=tuple(rounds))
    rows = zip(*((t.p10_s, t.median_s, t.p90_s) for t in timings), strict=True)
    return BlockSpread(rows_s=tuple(rows), levels=_PROFILE_LEVELS)
