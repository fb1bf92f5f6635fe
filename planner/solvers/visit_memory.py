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

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.solvers.relaxed_chain import RelaxedChain

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
    group: Words
    """[T]: the bits of a type's group."""

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

    def visits_in_group(self, words: Words, types: NDArray[np.int64]) -> NDArray[np.int64]:
        """No more than the visits of the current run, if it is in the group of each type."""
        visits: NDArray[np.int64] = np.bitwise_count(words & self.group[types]).astype(np.int64)
        return visits

    def everywhere(self) -> VisitMemory:
        """The memory that forgets nothing that it has bits for."""
        every = np.full_like(self.remembered, np.bitwise_or.reduce(self.field))
        return VisitMemory(self.field, every, self.group)

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
        return VisitMemory(self.field, remembered, self.group)


def group_memory(relaxed: RelaxedChain, visit_prices: NDArray[np.float64]) -> VisitMemory:
    """The memory that remembers visits of a type's own group only.

    Where 64 bits are too few, the types with the dearest visits get them.
    """
    counts = relaxed.tables.counts
    field = np.zeros(len(counts), dtype=np.uint64)
    used = 0
    for t in np.lexsort((np.arange(len(counts)), -visit_prices)).tolist():
        if used + counts[t] <= _BITS:
            field[t] = ((1 << int(counts[t])) - 1) << used
            used += int(counts[t])
    group = np.zeros_like(field)
    for members in relaxed.groups:
        group[list(members)] = np.bitwise_or.reduce(field[list(members)])
    return VisitMemory(field, group.copy(), group)
