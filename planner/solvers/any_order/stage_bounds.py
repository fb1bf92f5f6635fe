"""Stage bounds: how many stages a partial chain still needs, and may still have."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.relaxed_chain import RelaxedChain
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.budget import Budget
from planner.solvers.stage_counts import StageCounts

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class StageBounds:
    """Fewest and most stages of a relaxed chain from each type and boundary on."""

    counts: StageCounts
    fewest_through: _Floats | None = None
    """[B + 1, T], the stage itself included; none if the number of stages has no limit."""
    fewest_onward: _Floats | None = None
    """[B + 1, T]: after the stage that ended here."""
    most_through: _Floats | None = None
    most_onward: _Floats | None = None
    fewest: float = 1
    """Of a whole chain; infinite if nothing fits."""

    def may_start(self, start: int, types: _Ints, stages: _Ints) -> _Bools:
        """Whether chains whose last stage, already counted, starts here can have enough stages."""
        fits = np.ones(len(types), dtype=bool)
        if self.fewest_through is not None:
            fits &= stages - 1 + self.fewest_through[start, types] <= self.counts.most
        if self.most_through is not None:
            fits &= stages - 1 + self.most_through[start, types] >= self.counts.least
        return fits

    def may_end(self, stops: _Ints, types: _Ints, stages: _Ints) -> _Bools:
        """Whether chains whose last stage ends there can have enough stages, and not too many."""
        fits = np.ones(len(types), dtype=bool)
        if self.fewest_onward is not None:
            fits &= stages + self.fewest_onward[stops, types] <= self.counts.most
        if self.most_onward is not None:
            fits &= stages + self.most_onward[stops, types] >= self.counts.least
        return fits


def stage_bounds(tables: TypeTables, counts: StageCounts, budget: Budget) -> StageBounds:
    """The bounds that the limits on the number of stages call for."""
    bounds = StageBounds(counts)
    limits_most = counts.most < min(int(tables.counts.sum()), tables.n_blocks)
    if not limits_most and counts.least == 1:
        return bounds
    unit = unit_tables(tables)
    relaxed = RelaxedChain(unit)
    ones = np.ones(len(tables.members))
    if limits_most:
        if (found := relaxed.completions(ones, budget)) is None:
            return bounds
        bounds = replace(
            bounds,
            fewest_through=found.through.min(axis=1),
            fewest_onward=found.onward.min(axis=1),
            fewest=found.value,
        )
    if counts.least > 1 and (found := relaxed.completions(-ones, budget)) is not None:
        bounds = replace(
            bounds, most_through=-found.through.min(axis=1), most_onward=-found.onward.min(axis=1)
        )
    return bounds


def unit_tables(tables: TypeTables) -> TypeTables:
    """The same chains where nothing has a price; with visits at 1 the value counts stages."""
    return replace(
        tables,
        prefix=np.zeros_like(tables.prefix),
        entry=np.where(np.isfinite(tables.entry), 0.0, np.inf),
        exit=np.where(np.isfinite(tables.exit), 0.0, np.inf),
        hop=np.where(np.isfinite(tables.hop), 0.0, np.inf),
    )
