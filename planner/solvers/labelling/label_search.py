"""Label setting: all partial plans that no other one dominates, boundary by boundary.

A label stands for a partial plan whose last stage is about to start on a team at a boundary, with
the numbers of `Measures`. Of two labels with the same team, boundary and key (what is used up), one
that is at least as good in every number can be continued in every way in which the other can.

Source: Irnich and Desaulniers, "Shortest path problems with resource constraints", in Column
Generation, Springer 2005 (labels, resource extension, dominance and completion bounds).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError, check
from planner.solvers.labelling.completion import Completion
from planner.solvers.labelling.dominance import nondominated
from planner.solvers.labelling.label_numbers import Floats, Ints
from planner.solvers.labelling.label_trail import Trail
from planner.solvers.labelling.measures import Measures
from planner.solvers.period.period_reach import TeamPath
from planner.solvers.period.teams import Key

State = tuple[Key, int]
_MOST_LABELS = 400_000
_MOST_VISITS = 200_000
"""Of states at boundaries."""
_SPARE = 8
"""A narrow search looks at so many times its width before it leaves out what is dominated."""


class Goal(Protocol):
    """What a search is for; it looks at labels completed by the least costs of the rest."""

    def keeps(self, bounds: Floats) -> NDArray[np.bool_]:
        """Which labels can still lead to something better than what is known, [F]."""
        ...

    def rank(self, bounds: Floats) -> Floats:
        """Smaller is more promising, [F]."""
        ...


@dataclass(frozen=True)
class Found:
    """Whole plans."""

    labels: Floats
    """[F, k]"""
    _last: Ints
    _trail: Trail

    def path(self, row: int) -> TeamPath:
        """Of the plan with this label."""
        return self._trail.path(int(self._last[row]))


@dataclass
class _Open:
    """Labels of one state; rows belong together."""

    labels: Floats
    starts: Ints
    ids: Ints


class LabelSearch:
    """A search over the plans of one class and case."""

    def __init__(self, measures: Measures, completion: Completion, budget: Budget) -> None:
        self._measures, self._completion, self._budget = measures, completion, budget
        self._usage = measures.usage
        self._n_blocks = measures.stops.shape[1]
        self._visits = 0
        self._trail = Trail()

    def run(self, goal: Goal, width: int | None = None) -> Found:
        """All whole plans that the goal keeps and none dominates within their last state.

        Args:
            goal: what is kept.
            width: if given, only so many of the most promising labels of every state and boundary
                are kept, so that the answer is a good one and not the best.

        Raises:
            SpentError: the time is over, or there are too many labels to keep.
        """
        self._goal, self._width = goal, width
        self._trail = Trail()
        opened: dict[State, _Open] = {}
        self._open_all(opened, 0, self._entered())
        for stop in range(1, self._n_blocks):
            ended = self._ended(opened, stop)
            self._open_all(opened, stop, self._sent(ended, stop))
        return self._whole(self._ended(opened, self._n_blocks))

    def _entered(self) -> dict[State, list[tuple[Floats, Ints]]]:
        arrived = {}
        for team in range(len(self._usage.teams)):
            key = self._usage.after(self._usage.start, team)
            if key is not None:
                entry = self._measures.entry[team][np.newaxis]
                arrived[key, team] = [(entry, np.array([-1]))]
        return arrived

    def _ended(self, opened: dict[State, _Open], stop: int) -> dict[State, tuple[Floats, Ints]]:
        """Labels whose last stage ends at the boundary, with the labels that began it."""
        ended = {}
        for state in list(opened):
            self._check()
            block, team = opened[state], state[1]
            alive = self._measures.stops[team, block.starts] >= stop
            if not alive.all():
                if not alive.any():
                    del opened[state]
                    continue
                block = _Open(block.labels[alive], block.starts[alive], block.ids[alive])
                opened[state] = block
            costs = self._measures.stage(team, block.starts, np.array(stop))
            labels = self._measures.plus(block.labels, costs)
            kept = self._kept(labels, self._completion.after_end[team, stop])
            if len(kept):
                ended[state] = labels[kept], block.ids[kept]
        return ended

    def _sent(
        self, ended: dict[State, tuple[Floats, Ints]], stop: int
    ) -> dict[State, list[tuple[Floats, Ints]]]:
        arrived: defaultdict[State, list[tuple[Floats, Ints]]] = defaultdict(list)
        for (key, team), (labels, ids) in ended.items():
            hops = self._completion.hops[team, :, stop]
            for other in np.flatnonzero(np.isfinite(hops).all(axis=1)).tolist():
                then = self._usage.after(key, other)
                if then is not None:
                    arrived[then, other].append((self._measures.plus(labels, hops[other]), ids))
        return arrived

    def _open_all(
        self,
        opened: dict[State, _Open],
        start: int,
        arrived: dict[State, list[tuple[Floats, Ints]]],
    ) -> None:
        for state in sorted(arrived):
            labels = np.concatenate([labels for labels, _ in arrived[state]])
            parents = np.concatenate([ids for _, ids in arrived[state]])
            kept = self._kept(labels, self._completion.after_start[state[1], start])
            if not len(kept):
                continue
            ids = self._trail.add(parents[kept], state[1], start)
            block = _Open(labels[kept], np.full(len(kept), start), ids)
            before = opened.get(state)
            if before is not None:
                block = _Open(
                    np.concatenate([before.labels, block.labels]),
                    np.concatenate([before.starts, block.starts]),
                    np.concatenate([before.ids, block.ids]),
                )
            opened[state] = block

    def _check_time(self) -> None:
        check(self._budget)

    def _check(self) -> None:
        self._check_time()
        self._visits += 1
        if self._trail.n_labels > _MOST_LABELS or self._visits > _MOST_VISITS:
            raise SpentError("there are too many partial plans to keep")

    def _kept(self, labels: Floats, rest: Floats) -> Ints:
        """Rows of the labels that are worth keeping, given the least costs of the rest."""
        self._check_time()
        bounds = self._measures.plus(labels, rest)
        good = np.flatnonzero(self._measures.is_within(bounds))
        good = good[self._goal.keeps(bounds[good])] if len(good) else good
        width = self._width
        if width is not None and len(good) > _SPARE * width:
            good = good[self._most_promising(bounds[good], _SPARE * width)]
        if len(good) > 1:
            good = good[nondominated(labels[good], self._check_time)]
        if width is not None and len(good) > width:
            good = good[self._most_promising(bounds[good], width)]
        return good

    def _most_promising(self, bounds: Floats, n: int) -> Ints:
        """So many rows, in ascending order."""
        rows: Ints = np.sort(np.argsort(self._goal.rank(bounds), kind="stable")[:n])
        return rows

    def _whole(self, ended: dict[State, tuple[Floats, Ints]]) -> Found:
        counts = self._usage.counts
        labels, last = [np.empty((0, len(self._measures.limits)))], [np.empty(0, dtype=np.int64)]
        for (key, team), (ends, ids) in ended.items():
            if not counts.is_limited or key[-1] >= counts.least:
                labels.append(self._measures.plus(ends, self._measures.exit[team]))
                last.append(ids)
        return Found(np.concatenate(labels), np.concatenate(last), self._trail)
