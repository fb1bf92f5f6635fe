"""Search over partial chains that remember visits, pruned by the relaxation's prices of the rest.

A label is a partial chain whose last stage has ended at a boundary: its type, its memory, its
number of stages and its price, visits' prices included. Of labels that differ in the price alone
the cheapest stays. Labels of one boundary are extended together: first each by every type that may
follow, then by every stop that fits. What cannot get below the ceiling is dropped, as the
relaxation's price of the rest is never too high. If more labels than the effort's width are left
at a boundary, those with the least bounds stay, and the least bound of the others is noted: it
limits what the answer proves.

Source: label setting with completion bounds, as in Baldacci, Mingozzi and Roberti, "New route
relaxation and pricing strategies for the vehicle routing problem", Operations Research 59 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.relaxed_chain import RelaxedChain, TypeWalk
from planner.solvers.any_order.stage_bounds import StageBounds
from planner.solvers.any_order.visit_memory import VisitMemory, Words
from planner.solvers.any_order.visit_prices import PricedRelaxation
from planner.solvers.budget import Budget

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_STARTS = 4
"""Stages that may start at a boundary, for each label that may end there."""
_CHUNK_CELLS = 2**19
"""Extensions that are priced at a time."""


@dataclass(frozen=True)
class SearchEffort:
    """How much one search may do."""

    width: int
    """Labels that are kept at a boundary."""
    most_work: int
    """Labels that may be extended in all."""


@dataclass(frozen=True)
class LabelResult:
    """The cheapest chain below the ceiling, as far as the memory tells chains apart."""

    value: float
    """Infinite if there is none."""
    walk: TypeWalk | None
    floor: float
    """No chain that the memory allows is below both this and the value; infinite if all that was
    dropped was at the ceiling or above."""
    work: int
    """Number of labels that were extended."""


@dataclass(frozen=True)
class _Labels:
    """Partial chains that end at one boundary, or whose next stage starts there."""

    type: _Ints
    memory: Words
    stages: _Ints
    price: _Floats
    start: _Ints
    """Boundary at which the last stage starts."""
    parent: _Ints
    """Of the labels that start there, the one that it extends."""

    def of(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> _Labels:
        return _Labels(
            self.type[chosen],
            self.memory[chosen],
            self.stages[chosen],
            self.price[chosen],
            self.start[chosen],
            self.parent[chosen],
        )

    def cheapest_of_equals(self) -> _Labels:
        order = np.lexsort((self.price, self.memory, self.stages, self.type))
        found = self.of(order)
        new = np.ones(len(order), dtype=bool)
        new[1:] = (
            (found.type[1:] != found.type[:-1])
            | (found.memory[1:] != found.memory[:-1])
            | (found.stages[1:] != found.stages[:-1])
        )
        return found.of(new)


class LabelSearch:
    """One search for the cheapest chain below a ceiling that a memory allows."""

    def __init__(
        self, relaxed: RelaxedChain, priced: PricedRelaxation, memory: VisitMemory,
        *, bounds: StageBounds, ceiling: float, effort: SearchEffort,
    ) -> None:  # fmt: skip
        self._tables = relaxed.tables
        self._memory, self._bounds = memory, bounds
        self._offset = priced.offset
        self._rest = priced.completions
        self._lowest = self._rest.through.min(axis=1)
        self._ceiling = ceiling + priced.offset
        self._effort = effort
        n_blocks = self._tables.n_blocks
        self._ended: list[_Labels | None] = [None] * (n_blocks + 1)
        self._started: list[_Labels | None] = [None] * (n_blocks + 1)
        self._waiting: list[list[_Labels]] = [[] for _ in range(n_blocks + 1)]
        self._floor = inf
        self._work = 0
        self._longest = self._tables.stops.max(axis=0)

    def run(self, budget: Budget) -> LabelResult:
        """Searches from the first boundary to the last."""
        n_blocks = self._tables.n_blocks
        for i in range(n_blocks):
            if budget.spent or self._work > self._effort.most_work:
                self._drop_all_from(i)
                break
            labels = self._begun() if i == 0 else self._followed(i)
            if labels is not None and len(labels.type):
                self._started[i] = labels
                self._work += len(labels.type)
                self._extend(i, labels, budget)
        return self._result()

    def _begun(self) -> _Labels:
        types = np.arange(len(self._tables.entry))
        none = np.zeros(len(types), dtype=np.int64)
        words = np.zeros(len(types), dtype=np.uint64)
        labels = _Labels(
            types, self._memory.visited(words, types), none + 1, self._tables.entry, none, none
        )
        return labels.of(self._may_start(0, labels))

    def _followed(self, i: int) -> _Labels | None:
        """The labels whose next stage starts here."""
        ended = self._gather(i)
        if ended is None:
            return None
        price = ended.price[:, np.newaxis] + self._tables.hop[i, ended.type]
        price[self._memory.is_full(ended.memory)] = inf
        parent, types = np.nonzero(price + self._lowest[i] < self._ceiling)
        labels = _Labels(
            types,
            self._memory.visited(ended.memory[parent], types),
            ended.stages[parent] + 1,
            price[parent, types],
            np.full(len(types), i),
            parent,
        )
        labels = labels.of(self._may_start(i, labels)).cheapest_of_equals()
        bound = labels.price + self._rest.through[i, self._run(labels), labels.type]
        return self._most_promising(labels, bound, _STARTS * self._effort.width)

    def _may_start(self, i: int, labels: _Labels) -> NDArray[np.bool_]:
        run = self._run(labels)
        below = labels.price + self._rest.through[i, run, labels.type] < self._ceiling
        may_start = self._bounds.may_start(i, labels.type, labels.stages)
        may_start &= below
        return may_start

    def _run(self, labels: _Labels) -> _Ints:
        return self._memory.run_states(labels.memory, labels.type)

    def _gather(self, i: int) -> _Labels | None:
        """The labels that end here: the cheapest of equals, and of those the most promising."""
        waiting, self._waiting[i] = self._waiting[i], []
        if not waiting:
            return None
        labels = _Labels(
            *(np.concatenate(parts) for parts in zip(*(_columns(w) for w in waiting), strict=True))
        ).cheapest_of_equals()
        bound = labels.price + self._rest.onward[i, self._run(labels), labels.type]
        labels = self._most_promising(labels, bound, self._effort.width)
        self._ended[i] = labels
        return labels

    def _most_promising(self, labels: _Labels, bound: _Floats, most: int) -> _Labels:
        """Those with the least bounds; notes the least bound of the others."""
        if len(bound) <= most:
            return labels
        order = np.argsort(bound, kind="stable")
        self._floor = min(self._floor, float(bound[order[most]]))
        return labels.of(order[:most])

    def _extend(self, i: int, labels: _Labels, budget: Budget) -> None:
        """Notes every stage that starts here with each label, at the boundary where it ends."""
        tables, last = self._tables, int(self._longest[i])
        stops = np.arange(i + 1, last + 1)
        stage = tables.prefix[:, i + 1 : last + 1] - tables.prefix[:, i : i + 1]
        stage += self._rest.visit_prices[:, np.newaxis]
        stage[stops > tables.stops[:, i : i + 1]] = inf
        whole = stage + self._rest.onward[i + 1 : last + 1].transpose(1, 2, 0)
        run, rows = self._run(labels), max(_CHUNK_CELLS // len(stops), 1)
        for first in range(0, len(run), rows):
            if budget.spent:
                self._drop(i, labels.of(np.arange(first, len(run))))
                return
            part = slice(first, first + rows)
            bound = labels.price[part, np.newaxis] + whole[run[part], labels.type[part]]
            place, stop = np.nonzero((bound < self._ceiling).T)[::-1]
            self._note(i, labels, place + first, stop, stage)

    def _note(self, i: int, labels: _Labels, parent: _Ints, stop: _Ints, stage: _Floats) -> None:
        ended = _Labels(
            labels.type[parent],
            labels.memory[parent],
            labels.stages[parent],
            labels.price[parent] + stage[labels.type[parent], stop],
            np.full(len(parent), i),
            parent,
        )
        keep = self._bounds.may_end(i + 1 + stop, ended.type, ended.stages)
        if not keep.all():
            ended, stop = ended.of(keep), stop[keep]
        ends, firsts = np.unique(stop, return_index=True)
        edges = [*firsts.tolist(), len(stop)]
        for end, first, behind in zip(ends.tolist(), edges, edges[1:], strict=False):
            self._waiting[i + 1 + end].append(ended.of(np.arange(first, behind)))

    def _drop(self, i: int, labels: _Labels) -> None:
        bound = labels.price + self._rest.through[i, self._run(labels), labels.type]
        self._floor = min(self._floor, float(bound.min(initial=inf)))

    def _drop_all_from(self, i: int) -> None:
        """The clock has run out: what is not extended may hide something better."""
        if i == 0:
            self._floor = -inf
        for boundary in range(i, self._tables.n_blocks):
            for labels in self._waiting[boundary]:
                bound = labels.price + self._rest.onward[boundary, self._run(labels), labels.type]
                self._floor = min(self._floor, float(bound.min(initial=inf)))

    def _result(self) -> LabelResult:
        last, floor = self._tables.n_blocks, self._floor - self._offset
        ended = self._gather(last)
        if ended is None:
            return LabelResult(inf, None, floor, self._work)
        total = ended.price + self._tables.exit[ended.type] - self._paid_back(ended)
        best = int(total.argmin())
        value = float(total[best])
        return LabelResult(value, self._trace(ended, best), floor, self._work)

    def _paid_back(self, ended: _Labels) -> _Floats | float:
        """What visits have paid, where it is known; else what a plan's visits pay at most.

        Labels that remember the same visits have paid the same, so the cheapest of them is the
        cheapest without these prices too.
        """
        if not self._memory.is_complete:
            return self._offset
        visits = np.bitwise_count(ended.memory[:, np.newaxis] & self._memory.field)
        paid: _Floats = visits @ self._rest.visit_prices
        return paid

    def _trace(self, ended: _Labels, index: int) -> TypeWalk:
        types: list[int] = []
        cuts: list[int] = []
        while True:
            types.append(int(ended.type[index]))
            start, parent = int(ended.start[index]), int(ended.parent[index])
            if start == 0:
                return TypeWalk(tuple(reversed(cuts)), tuple(reversed(types)))
            cuts.append(start)
            started, before = self._started[start], self._ended[start]
            if started is None or before is None:
                raise RuntimeError("a label has lost its parent: please report this problem")
            ended, index = before, int(started.parent[parent])


def _columns(labels: _Labels) -> tuple[NDArray[np.generic], ...]:
    return (
        labels.type, labels.memory, labels.stages, labels.price, labels.start, labels.parent,
    )  # fmt: skip
