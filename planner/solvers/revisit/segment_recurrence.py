"""The recurrences over segments: the cheapest way to every point of a walk, and on from it.

A walk alternates between two kinds of points: the start of a stage on a node at a boundary, and
its end. Legend: n, q are nodes, i < j places of boundaries, s the segment prices.

    start[0, n] = entry[n]                   start[j, n] = min over q of end[j, q] + hop[j, q, n]
    end[j, n]   = min over i < j of start[i, n] + s[j, n, i]

and the same backwards. Prices may include a price on every byte and on every stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.segment_tables import SegmentTables

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExtraPrices:
    """Prices on what stages use, beside their own."""

    per_byte: _Floats
    """[N]"""
    per_stage: float = 0.0
    """Of any sign: an empty stage does not exist, so no walk has infinitely many."""
    own: float = 1.0
    """Share of the stages' and hops' own prices: 0 to count bytes alone."""

    def segments(self, tables: SegmentTables, stop: int) -> _Floats:
        """[N, stop]: of the segments that end at a place."""
        value = tables.value[stop, :, :stop]
        price = value if self.own == 1.0 else np.where(np.isinf(value), np.inf, 0.0)
        priced: _Floats = (
            price + self.per_byte[:, np.newaxis] * tables.n_bytes[stop, :, :stop] + self.per_stage
        )
        return priced

    def links(self, prices: _Floats) -> _Floats:
        """Of transfers."""
        return prices if self.own == 1.0 else np.where(np.isinf(prices), np.inf, 0.0)


@dataclass(frozen=True)
class Potentials:
    """Least prices to or from every point; [P + 1, N]."""

    start: _Floats
    end: _Floats
    total: float
    """Of the cheapest walk; infinite if there is none."""


def forward(tables: SegmentTables, extra: ExtraPrices) -> tuple[Potentials, Chain | None]:
    """From the source to every point, and the cheapest walk. O(N P² + N² P)."""
    n_nodes = len(tables.entry)
    start = np.full((n_nodes, tables.n_places + 1), np.inf)
    end = np.full_like(start, np.inf)
    start[:, 0] = extra.links(tables.entry)
    came = np.zeros(start.shape, dtype=np.int64)
    opened = np.zeros_like(came)
    rows = np.arange(n_nodes)
    for j in range(1, tables.n_places + 1):
        through = start[:, :j] + extra.segments(tables, j)
        opened[:, j] = through.argmin(axis=1)
        end[:, j] = through[rows, opened[:, j]]
        hops = end[:, j, np.newaxis] + extra.links(tables.hop[j])
        came[:, j] = hops.argmin(axis=0)
        start[:, j] = hops[came[:, j], rows]
    final = end[:, -1] + extra.links(tables.exit)
    last = int(final.argmin())
    found = Potentials(start.T, end.T, float(final[last]))
    return found, _walk_back(tables, opened, came, last) if np.isfinite(final[last]) else None


def backward(tables: SegmentTables, extra: ExtraPrices) -> Potentials:
    """From every point to the sink."""
    n_nodes = len(tables.entry)
    start = np.full((n_nodes, tables.n_places + 1), np.inf)
    end = np.full((tables.n_places + 1, n_nodes), np.inf)
    end[-1] = extra.links(tables.exit)
    for j in reversed(range(1, tables.n_places + 1)):
        if j < tables.n_places:
            end[j] = (extra.links(tables.hop[j]) + start[:, j]).min(axis=1)
        through = extra.segments(tables, j) + end[j][:, np.newaxis]
        np.minimum(start[:, :j], through, out=start[:, :j])
    total = float((extra.links(tables.entry) + start[:, 0]).min())
    return Potentials(start.T, end, total)


def _walk_back(
    tables: SegmentTables, opened: NDArray[np.int64], came: NDArray[np.int64], last: int
) -> Chain:
    cuts: list[int] = []
    nodes = [last]
    place = int(opened[last, -1])
    while place > 0:
        cuts.append(place)
        nodes.append(int(came[nodes[-1], place]))
        place = int(opened[nodes[-1], place])
    return tables.chain(cuts[::-1], nodes[::-1])
