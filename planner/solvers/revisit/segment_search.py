"""Segment search: labels below the incumbent, over the segments that memory prices leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.revisit.incumbent import Incumbent
from planner.solvers.revisit.segment_fixing import completions, without_the_hopeless
from planner.solvers.revisit.segment_labels import LabelAnswer, LabelSearch, search_labels
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits

_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class SegmentSearch:
    """What stays the same from search to search."""

    limits: SharedLimits
    prices: NDArray[np.float64]
    """[rows]: of the shared limits, per scale."""
    incumbent: Incumbent

    @property
    def tracked(self) -> _Bools:
        """[rows]: those that have a price, and all that count stages."""
        tracked = self.prices > 0
        tracked[len(self.limits.problem.nodes) :] = True
        return tracked

    def left_below_incumbent(self, tables: SegmentTables) -> SegmentTables:
        """The segments and boundaries that a plan better than the incumbent may use."""
        hopes = completions(tables, self.limits, self.prices)
        return without_the_hopeless(tables, hopes, self.incumbent.value)

    def below_incumbent(
        self, tables: SegmentTables, tracked: _Bools, *, width: int, budget: Budget
    ) -> tuple[SegmentTables, LabelAnswer]:
        """What is left of the segments, and the answer; its walk is offered to the incumbent.

        Args:
            tables: where to search.
            tracked: rows that labels keep count of, `self.tracked` at least.
            width: most labels kept at one point.
            budget: when to stop.
        """
        ceiling = self.incumbent.value
        left = self.left_below_incumbent(tables)
        search = LabelSearch(
            tables=left,
            limits=self.limits,
            completions=completions(left, self.limits, self.prices),
            tracked=np.flatnonzero(tracked),
            ceiling=ceiling,
            width=width,
        )
        found = search_labels(search, budget)
        if found.chain is not None:
            self.incumbent.offer(found.chain)
        return left, found
