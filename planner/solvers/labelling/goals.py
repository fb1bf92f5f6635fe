"""Goals of label searches: one least value, or a front of two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.objectives import Objective, ObjectiveKind
from planner.solvers.labelling.label_numbers import Floats
from planner.solvers.labelling.measures import Measures

_CLOSE = 1e-12
"""Gains below it, relative, are rounding."""
_Bools = NDArray[np.bool_]


class LeastValue:
    """The least value of one objective, below a value that is known.

    Among equal numbers of nodes the least latency is looked for.
    """

    def __init__(
        self, measures: Measures, objective: Objective, known: tuple[float, float] | None = None
    ) -> None:
        self._measures, self._objective = measures, objective
        self._known = known or (np.inf, np.inf)

    def values(self, labels: Floats) -> tuple[Floats, Floats]:
        """Of each label: its value, and what decides between equal ones."""
        value = self._measures.value(self._objective, labels)
        if self._objective.kind is ObjectiveKind.NODES:
            return value, self._measures.value(_LATENCY, labels)
        return value, np.zeros(len(labels))

    def keeps(self, bounds: Floats) -> _Bools:
        """Which labels may beat the known value."""
        value, second = self.values(bounds)
        below: _Bools = value < self._known[0] * (1 - _CLOSE)
        if self._objective.kind is ObjectiveKind.NODES:
            tied = value <= self._known[0]
            below |= tied & (second < self._known[1] * (1 - _CLOSE))
        return below

    def rank(self, bounds: Floats) -> Floats:
        """By the value that can be hoped for."""
        value, second = self.values(bounds)
        rank: Floats = np.lexsort((second, value)).argsort().astype(np.float64)
        return rank


class FrontOfTwo:
    """The front of two objectives, where known points do not dominate it."""

    def __init__(
        self,
        measures: Measures,
        objectives: tuple[Objective, Objective],
        known: Floats | None = None,
    ) -> None:
        self._measures, self._objectives = measures, objectives
        self._known = np.empty((0, 2)) if known is None else known[np.lexsort(known.T[::-1])]
        self._least_second = np.minimum.accumulate(self._known[:, 1]) if len(self._known) else None

    def values(self, labels: Floats) -> Floats:
        """Of each label, [F, 2]."""
        return np.stack([self._measures.value(o, labels) for o in self._objectives], axis=-1)

    def keeps(self, bounds: Floats) -> _Bools:
        """Which labels no known point dominates; a point keeps no label that only equals it."""
        if self._least_second is None:
            return np.ones(len(bounds), dtype=np.bool_)
        first, second = self.values(bounds).T
        # The known point of least second value among those with at most the label's first one.
        at_most = np.searchsorted(self._known[:, 0], first * (1 + _CLOSE), side="right")
        known = np.append(np.inf, self._least_second)[at_most]
        kept: _Bools = second < known * (1 - _CLOSE)
        return kept

    def rank(self, bounds: Floats) -> Floats:
        """Alternately the least first and the least second values, so that both ends are kept."""
        ranks = np.argsort(np.argsort(self.values(bounds), axis=0, kind="stable"), axis=0)
        rank: Floats = ranks.min(axis=1).astype(np.float64)
        return rank


_LATENCY = Objective(kind=ObjectiveKind.LATENCY)
