"""Visit memory: what a partial chain remembers of the nodes that it has visited.

Visits of a type with c nodes are counted in unary in c bits of one word, so that 64 nodes can be
told apart. Each type says which others' visits are still remembered after a stage on it; forgetting
some makes the search quick and its least value a lower bound.

Source: Baldacci, Mingozzi and Roberti, "New route relaxation and pricing strategies for the vehicle
routing problem", Operations Research 59 (2011); memory is grown along cycles as in Roberti and
Mingozzi, "Dynamic ng-path relaxation for the delivery man problem", Transportation Science 48
(2014), which refines the decremental state-space relaxation of Righini and Salani (2008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.relaxed_chain import RelaxedChain
from planner.solvers.any_order.run_memory import Group

Words = NDArray[np.uint64]
_ONE = np.uint64(1)
_BITS = 64


@dataclass(frozen=True)
class VisitMemory:
    """Which bits count which type, and what is remembered where."""

    field: Words
    """[T]: the bits of each type; none for types that are never remembered."""
    remembered: Words
    """[T]: the bits that stay set after a stage on a type."""
    shift: Words
    """[T]: place of the bits of the watched types of a type's group."""
    watched: Words
    """[T]: those bits, shifted down to the lowest."""
    counted: Words
    """[T]: the bits of the counted types of a type's group."""

    @property
    def is_complete(self) -> bool:
        """Whether every visit is remembered to the end."""
        every = np.bitwise_or.reduce(self.field)
        return bool((self.field != 0).all() and (self.remembered == every).all())

    def visited(self, words: Words, types: NDArray[np.int64]) -> Words:
        """The words after a stage more on each type."""
        field = self.field[types]
        lowest = field & (~field + _ONE)
        kept = words & self.remembered[types]
        more: Words = np.left_shift(words & field, _ONE) & field
        return kept | more | lowest

    def is_full(self, words: Words) -> NDArray[np.bool_]:
        """[words, T]: whether a type is known to have no unused node."""
        highest = self.field & ~(self.field >> _ONE)
        full: NDArray[np.bool_] = np.not_equal(words[:, np.newaxis] & highest, 0)
        return full

    def run_states(self, words: Words, types: NDArray[np.int64]) -> NDArray[np.int64]:
        """The state of the current run in each type's group, as far as it is remembered.

        Visits of earlier runs in the group count too: they rule out no less than those of this one.
        """
        bits = (words >> self.shift[types]) & self.watched[types]
        counts = np.bitwise_count(words & self.counted[types]).astype(np.uint64)
        more = counts << np.bitwise_count(self.watched[types]).astype(np.uint64)
        states: NDArray[np.int64] = (bits | more).astype(np.int64)
        return states

    def everywhere(self) -> VisitMemory:
        """The memory that forgets nothing that it has bits for."""
        every = np.full_like(self.remembered, np.bitwise_or.reduce(self.field))
        return replace(self, remembered=every)

    def grown(self, types: tuple[int, ...], counts: NDArray[np.int64]) -> VisitMemory | None:
        """A memory that rules out these visits; none if it has no bits for those in excess."""
        remembered = self.remembered.copy()
        visits = np.bincount(types, minlength=len(counts))
        for t in np.flatnonzero((visits > counts) & (self.field != 0)).tolist():
            places = [place for place, other in enumerate(types) if other == t]
            for first, second in pairwise(places):
                remembered[list(types[first + 1 : second])] |= self.field[t]
        if (remembered == self.remembered).all():
            return None
        return replace(self, remembered=remembered)


def group_memory(relaxed: RelaxedChain, visit_prices: NDArray[np.float64]) -> VisitMemory:
    """The memory that remembers visits of a type's own group only.

    Where 64 bits are too few, the groups with the dearest visits get them.
    """
    n_types = len(relaxed.tables.members)
    columns = {name: np.zeros(n_types, dtype=np.uint64) for name in _COLUMNS}
    used = 0
    dearest = sorted(
        relaxed.runs.groups, key=lambda g: (-max(visit_prices[list(g.types)]), g.types)
    )
    for group in dearest:
        used = _give_bits(columns, group, relaxed.tables.counts, used)
    return VisitMemory(**columns)


_COLUMNS = ("field", "remembered", "shift", "watched", "counted")


def _give_bits(
    columns: dict[str, Words], group: Group, counts: NDArray[np.int64], used: int
) -> int:
    """Gives the types of a group the next bits, as far as there are any; returns the next one."""
    types, counted, every = list(group.types), 0, 0
    if group.watched and used + len(group.watched) <= _BITS:
        columns["shift"][types] = used
        columns["watched"][types] = (1 << len(group.watched)) - 1
    for t in group.watched + group.counted:
        if used + int(counts[t]) > _BITS:
            break
        bits = ((1 << int(counts[t])) - 1) << used
        columns["field"][t] = bits
        counted |= 0 if t in group.watched else bits
        every |= bits
        used += int(counts[t])
    columns["remembered"][types] = every
    columns["counted"][types] = counted if group.n_states > 1 else 0
    return used
