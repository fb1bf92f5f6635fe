"""The trail of a label search: which label each one continues, for walking back."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from planner.solvers.period.period_reach import TeamPath

_Ints = NDArray[np.int64]


class Trail:
    """Labels by number; each begins a stage on a team at a boundary."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._parts: list[tuple[_Ints, int, int]] = []
        self.n_labels = 0

    def add(self, parents: _Ints, team: int, start: int) -> _Ints:
        """Numbers of new labels, given those that they continue; -1 for none."""
        first = self.n_labels
        self._firsts.append(first)
        self._parts.append((parents, team, start))
        self.n_labels += len(parents)
        return np.arange(first, self.n_labels)

    def path(self, label: int) -> TeamPath:
        """Of the plan whose last stage the label begins."""
        teams, starts = [], []
        while label >= 0:
            place = bisect_right(self._firsts, label) - 1
            parents, team, start = self._parts[place]
            teams.append(team)
            starts.append(start)
            label = int(parents[label - self._firsts[place]])
        return TeamPath(tuple(reversed(teams)), tuple(reversed(starts[:-1])))
