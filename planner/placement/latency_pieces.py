"""PieceSets: what must be inside and outside the block that holds one piece of a chain.

If a block holds p_a … p_{b-1} of a chain, and neither p_{a-1} nor p_b, then

* inside are all operators on paths between two that are inside, and all of the colour of one;
* outside are p_{a-1} and all before it, p_b and all behind it: a path from the block through one of
  them and back would leave the block and enter it again. So is what no accelerator can hold, what
  drags along an operator that is outside, what lies before an outside operator that the inside
  depends on (or behind one that depends on the inside), and what would not fit together with the
  inside.

If the two meet, or the inside does not fit, no block holds that piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.placement.latency_tables import LatencyTables, convex_hull, members

# Looking for what would not fit costs time per neighbour: only for graphs up to this size.
_MOST_OPERATORS_FOR_FIT = 400
# More rounds only sharpen: what is known to be outside after any number of them is outside.
_ROUNDS = 3


@dataclass(frozen=True)
class Piece:
    """Two disjoint sets, or the knowledge that no block holds the piece."""

    inside: int
    outside: int
    is_possible: bool = True


class PieceSets:
    """Derives the sets for the pieces of any chain of one instance."""

    def __init__(self, tables: LatencyTables) -> None:
        self._tables = tables
        # Operators that drag others along, by the set that comes along.
        self._dragged: dict[int, int] = {}
        for v in range(tables.n):
            if tables.closures[v] != 1 << v:
                closure = tables.closures[v]
                self._dragged[closure] = self._dragged.get(closure, 0) | 1 << v
        self._reach = {closure: _reach(tables, closure) for closure in set(tables.closures)}
        self._checks_fit = tables.n <= _MOST_OPERATORS_FOR_FIT

    def from_start(self, chain: Sequence[int], a: int) -> list[Piece]:
        """The pieces [a, a+1), [a, a+2), … until the inside cannot fit any more."""
        tables = self._tables
        before = tables.ancestors[chain[a - 1]] | 1 << chain[a - 1] if a else 0
        after = tables.descendants[chain[a]] | 1 << chain[a]
        pieces: list[Piece] = []
        for stop in range(a + 1, len(chain) + 1):
            last = chain[stop - 1]
            hull = after & (tables.ancestors[last] | 1 << last)
            if hull & tables.unplaceable:
                break
            inside = self._inside(hull)
            if tables.size_of(inside) > tables.cap_bytes:
                break
            behind = 0
            if stop < len(chain):
                behind = tables.descendants[chain[stop]] | 1 << chain[stop]
            pieces.append(self._piece(inside, before | behind | tables.unplaceable))
        return pieces

    def _inside(self, inside: int) -> int:
        tables = self._tables
        grown = inside
        for closure, draggers in self._dragged.items():
            if draggers & grown:
                grown |= closure
        if grown == inside:
            return inside
        return self._inside(convex_hull(grown, tables.ancestors, tables.descendants))

    def _piece(self, inside: int, outside: int) -> Piece:
        """Spreads what is outside until nothing follows any more, or a few rounds are over."""
        tables = self._tables
        upstream = downstream = 0
        for v in members(inside):
            upstream |= tables.ancestors[v]
            downstream |= tables.descendants[v]
        spread = 0
        for _ in range(_ROUNDS):
            known = outside
            for closure, draggers in self._dragged.items():
                if closure & outside:
                    outside |= draggers
            for v in members(outside & upstream & ~spread):
                outside |= tables.ancestors[v]
            for v in members(outside & downstream & ~spread):
                outside |= tables.descendants[v]
            spread = known
            if self._checks_fit and not inside & outside:
                outside |= self._misfits(inside, outside, upstream, downstream)
            if outside == known or inside & outside:
                break
        return Piece(inside, outside, is_possible=not inside & outside)

    def _misfits(self, inside: int, outside: int, upstream: int, downstream: int) -> int:
        """Neighbours that would drag along too much, or something that is outside."""
        tables = self._tables
        free_bytes = tables.cap_bytes - tables.size_of(inside)
        nearby = 0
        for v in members(inside):
            nearby |= tables.producer_masks[v] | tables.consumer_masks[v]
        found = 0
        for u in members(nearby & ~inside & ~outside):
            above, below = self._reach[tables.closures[u]]
            joint = (inside | upstream | above) & (inside | downstream | below)
            added = joint & ~inside
            if joint & outside or tables.size_of(added) > free_bytes:
                found |= 1 << u
        return found


def _reach(tables: LatencyTables, mask: int) -> tuple[int, int]:
    """A set with all that it depends on, and with all that depends on it."""
    above = below = mask
    for v in members(mask):
        above |= tables.ancestors[v]
        below |= tables.descendants[v]
    return above, below
