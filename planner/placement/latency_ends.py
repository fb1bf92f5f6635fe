"""OpenEnds: what a block must pay for neighbours that are neither surely inside nor surely outside.

Each input that the inside reads either comes by a transfer, or its operator joins the block,
which then computes it and needs its inputs in turn. Each output of the inside either leaves by a
transfer, or all its readers join, whose outputs must then stay or leave in turn. Both are followed
from operator to operator, the cheaper way each time:

    need(u) = min(transfer(u), accelerator(u) + Σ need(p) for p that u reads)
    give(v) = min(transfer(v), Σ accelerator(w) + give(w) for w that read v)

with only the transfer where the operator is surely outside, or is read from there. An operator is
followed once and counts nothing the second time, so no cost is counted twice.

Source: our own; a lower bound on the least cut between the two sets.
"""

from __future__ import annotations

from planner.placement.latency_pieces import Piece
from planner.placement.latency_tables import LatencyTables, members

# Ends that lead further count as free from there on.
_MOST_DEPTH = 50


def open_ends_s(tables: LatencyTables, piece: Piece) -> float:
    """Least time for all inputs and outputs of the inside that the outside does not settle."""
    read = 0
    for v in members(piece.inside):
        read |= tables.producer_masks[v]
    open_inputs = read & ~piece.inside & ~piece.outside
    if not open_inputs and not _open_outputs(tables, piece):
        return 0.0
    # What the inside reads from the outside is paid already.
    ends = _Ends(tables, piece, piece.inside | read & piece.outside)
    needed_s = sum(ends.need_s(u, 0) for u in members(open_inputs))
    return needed_s + sum(ends.give_s(v, 0) for v in _open_outputs(tables, piece))


def _open_outputs(tables: LatencyTables, piece: Piece) -> list[int]:
    """Operators inside that are read, but neither only inside nor from the outside."""
    readers = tables.consumer_masks
    return [
        v
        for v in members(piece.inside)
        if readers[v] & ~piece.inside and not readers[v] & piece.outside
    ]


class _Ends:
    """Follows the ends of one piece."""

    def __init__(self, tables: LatencyTables, piece: Piece, settled: int) -> None:
        self._tables = tables
        self._outside = piece.outside
        self._settled = settled

    def need_s(self, u: int, depth: int) -> float:
        """Least time for an input, as far as it is not settled yet."""
        tables = self._tables
        if self._settled >> u & 1 or depth > _MOST_DEPTH:
            return 0.0
        self._settled |= 1 << u
        if self._outside >> u & 1:
            return tables.transfer_s[u]
        joined_s = tables.accelerator_s[u]
        for p in tables.producers[u]:
            joined_s += self.need_s(p, depth + 1)
        return min(tables.transfer_s[u], joined_s)

    def give_s(self, v: int, depth: int) -> float:
        """Least time for the output of an operator in the block."""
        tables = self._tables
        if tables.consumer_masks[v] & self._outside:
            return tables.transfer_s[v]
        if depth > _MOST_DEPTH:
            return 0.0
        joined_s = 0.0
        for w in tables.consumers[v]:
            if not self._settled >> w & 1:
                self._settled |= 1 << w
                joined_s += tables.accelerator_s[w] + self.give_s(w, depth + 1)
        return min(tables.transfer_s[v], joined_s)
