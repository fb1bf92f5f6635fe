"""Run memory: what the relaxation remembers of a run, the visits to one group of nodes in a row.

Of each group some nodes are watched: whether the run has visited them is remembered. Of the others
only the number of visits is. A state is the watched nodes as bits, plus the number of the others'
visits times two to the number of watched ones. Groups of one node have the single state 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Types that reach each other over cheap links."""

    watched: tuple[int, ...]
    """Types of one node each."""
    counted: tuple[int, ...]
    n_counted: int
    """Nodes of the counted types."""

    @property
    def types(self) -> tuple[int, ...]:
        """All of them, ascending."""
        return tuple(sorted(self.watched + self.counted))

    @property
    def n_states(self) -> int:
        """States that a run in the group can be in."""
        if self.n_counted + len(self.watched) == 1:
            return 1
        return (self.n_counted + 1) << len(self.watched)

    def after(self, state: int, t: int) -> int | None:
        """The state after one visit more; none if there is no node left for it."""
        if self.n_states == 1:
            return None
        if t in self.watched:
            bit = 1 << self.watched.index(t)
            return None if state & bit else state | bit
        following = state + (1 << len(self.watched))
        return following if following < self.n_states else None


class RunMemory:
    """The states of runs in all groups of a problem, as tables over types."""

    def __init__(self, groups: tuple[Group, ...], n_types: int) -> None:
        self.groups = groups
        self.n_states = max(group.n_states for group in groups)
        """S: of the group with the most."""
        self.group_of = np.zeros(n_types, dtype=np.int64)
        """[T]: place of each type's group."""
        self.first = np.zeros(n_types, dtype=np.int64)
        """[T]: the state of a run that begins with the type."""
        self.following = np.full((self.n_states, n_types), self.n_states)
        """[S, T]: the state after a visit more; S if it is not possible."""
        for place, group in enumerate(groups):
            for t in group.types:
                self.group_of[t] = place
                self.first[t] = group.after(0, t) or 0
                for state in range(group.n_states):
                    after = group.after(state, t)
                    self.following[state, t] = self.n_states if after is None else after


def counting_groups(types: tuple[tuple[int, ...], ...], counts: _Ints) -> Iterator[Group]:
    """Groups that watch no node."""
    for members in types:
        yield Group((), members, int(counts[list(members)].sum()))


def watching_groups(
    groups: tuple[Group, ...], counts: _Ints, prices: NDArray[np.float64], most_states: int
) -> Iterator[Group]:
    """Groups that watch the types with the dearest visits, as many as the states allow."""
    for group in groups:
        best = Group((), group.types, int(counts[list(group.types)].sum()))
        by_price = sorted(group.types, key=lambda t: (-prices[t], t))
        watched: list[int] = []
        for t in by_price:
            if counts[t] != 1:
                continue
            watched.append(t)
            rest = tuple(other for other in group.types if other not in watched)
            wider = Group(tuple(watched), rest, int(counts[list(rest)].sum()))
            if wider.n_states <= most_states:
                best = wider
        yield best
