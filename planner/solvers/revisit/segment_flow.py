"""The segment flow: one unit of flow from source to sink over segments and hops, as a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from planner.solvers.chain_recurrence import Chain
from planner.solvers.revisit.segment_tables import SegmentTables
from planner.solvers.revisit.shared_limits import SharedLimits

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SegmentFlow:
    """Variables in this order: segments, hops, entries, exits; and the rows of the flow."""

    tables: SegmentTables
    segments: tuple[_Ints, _Ints, _Ints]
    """Place of the stop, node, place of the start."""
    hops: tuple[_Ints, _Ints, _Ints]
    """Place, node before, node after."""
    entries: _Ints
    exits: _Ints

    @property
    def n_variables(self) -> int:
        """Of all kinds."""
        return len(self.segments[0]) + len(self.hops[0]) + len(self.entries) + len(self.exits)

    def costs(self) -> _Floats:
        """The price of each variable."""
        tables = self.tables
        return np.concatenate(
            (
                tables.value[self.segments],
                tables.hop[self.hops],
                tables.entry[self.entries],
                tables.exit[self.exits],
            )
        )

    def rows(self) -> tuple[coo_array, _Floats]:
        """Flow in less flow out of every point, and of the source."""
        n_nodes = len(self.tables.entry)
        stop, node, start = self.segments
        place, before, after = self.hops
        n_points = n_nodes * (self.tables.n_places + 1)
        first = np.cumsum((0, len(stop), len(place), len(self.entries), len(self.exits)))
        index = [np.arange(a, b) for a, b in pairwise(first)]
        parts = [  # row, column, sign: starts of stages, then their ends, then the source
            (start * n_nodes + node, index[0], -1.0),
            (after + place * n_nodes, index[1], 1.0),
            (self.entries, index[2], 1.0),
            (n_points + stop * n_nodes + node, index[0], 1.0),
            (n_points + place * n_nodes + before, index[1], -1.0),
            (n_points + self.tables.n_places * n_nodes + self.exits, index[3], -1.0),
            (np.full(len(self.entries), 2 * n_points), index[2], 1.0),
        ]
        row = np.concatenate([part[0] for part in parts])
        column = np.concatenate([part[1] for part in parts])
        sign = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
        _, row = np.unique(row, return_inverse=True)
        n_rows = int(row.max()) + 1
        right = np.zeros(n_rows)
        right[-1] = 1.0
        return coo_array((sign, (row, column)), shape=(n_rows, self.n_variables)), right

    def chain(self, x: _Floats) -> Chain:
        """The segments that carry the flow, in their order."""
        taken = np.flatnonzero(x[: len(self.segments[0])] > 0.5)
        _, node, start = (part[taken] for part in self.segments)
        order = np.argsort(start)
        return self.tables.chain(start[order][1:].tolist(), node[order].tolist())


def segment_flow(tables: SegmentTables) -> SegmentFlow:
    """The program over all segments of finite price."""
    stop, node, start = np.nonzero(np.isfinite(tables.value))
    shape = (tables.n_places + 1, len(tables.entry))
    begins, ends = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    begins[start, node] = True
    ends[stop, node] = True
    linked = np.isfinite(tables.hop) & ends[:, :, np.newaxis] & begins[:, np.newaxis, :]
    place, before, after = np.nonzero(linked)
    return SegmentFlow(
        tables=tables,
        segments=(stop, node, start),
        hops=(place, before, after),
        entries=np.flatnonzero(np.isfinite(tables.entry)),
        exits=np.flatnonzero(np.isfinite(tables.exit)),
    )


def shared_rows(flow: SegmentFlow, limits: SharedLimits) -> coo_array:
    """Use of every row by every segment, per scale; [rows, variables]."""
    _, node, _ = flow.segments
    index = np.arange(len(node))
    n_nodes = len(flow.tables.entry)
    counts = limits.per_stage
    row = np.concatenate([node] + [np.full(len(node), n_nodes + c) for c in range(len(counts))])
    used = np.concatenate(
        [flow.tables.n_bytes[flow.segments]] + [np.full(len(node), c) for c in counts]
    )
    column = np.tile(index, 1 + len(counts))
    shape = (len(limits.limit), flow.n_variables)
    return coo_array((used / limits.scale[row], (row, column)), shape=shape)
