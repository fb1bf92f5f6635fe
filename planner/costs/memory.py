"""Memory of a stage on a node, and how far a stage may reach under the node's cap."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.problem import NodeCosts, Problem

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
FORBIDDEN_BYTES = 2**55
"""Added where a node cannot run a block: no cap allows a stage of so many bytes."""


class StageBytes(NamedTuple):
    """What a stage's memory consists of; see `StageMemory`."""

    base: int
    """The process before any block, and the margin."""
    weights: int
    """What is kept of the blocks."""
    work: int
    """The most that one block needs for a while, to run or to be loaded."""
    received: int
    """The message that the stage reads."""


class StageMemory:
    """Memory of the stages of one problem.

    Bytes of a stage [start, stop) on a node:

        base_bytes + ⌈weight_factor · weights⌉ + max work over its blocks + cut_bytes[start]
        work = max(live_bytes + workspace_bytes, load_bytes)

    where weights counts a parameter once however many blocks of the stage read it, and again in
    every other stage that reads it. Loading a block takes load_bytes beside all that is kept, and
    blocks are loaded one after another, so that the largest counts. The last term is the received
    message, which the worker holds until the request ends; it is added to loading too, though no
    message has come by then. The value never falls when a stage grows at its end.

    A worker holds one request at a time. Further ones wait in the sockets' buffers, which are the
    kernel's and not included, nor is page cache, which the kernel drops when memory is short. A
    stage with a block that the node cannot run takes more memory than any node has.
    """

    def __init__(self, problem: Problem) -> None:
        self._n_blocks = problem.n_blocks
        self._weights_before = np.cumsum((0, *problem.weight_bytes), dtype=np.int64)
        self._repeats = _Repeats(problem)
        self._read_again = np.zeros(problem.n_blocks)
        for weight in problem.shared:
            readers = list(weight.blocks)
            self._read_again[readers] += weight.n_bytes * (1 - 1 / len(readers))
        live = np.array(problem.live_bytes, dtype=np.int64)
        self._peak = _range_maxima(work_bytes(problem, live, np.arange(problem.n_blocks)))
        self._received = np.array(problem.cut_bytes[:-1], dtype=np.int64)

    def stage_bytes(self, node: NodeCosts, starts: _Ints, stops: _Ints) -> _Ints:
        """Bytes of each stage [start, stop); every stage has at least one block."""
        return self._total_bytes(node, starts, stops, self._work(starts, stops))

    def terms(self, node: NodeCosts, start: int, stop: int) -> StageBytes:
        """The terms of one stage that the node can run; their sum is its bytes."""
        starts, stops = np.array([start]), np.array([stop])
        (weights,) = _kept_bytes(node, self._weights(starts, stops)).tolist()
        (work,) = self._work(starts, stops).tolist()
        return StageBytes(node.base_bytes, weights, work, int(self._received[start]))

    def farthest_stops(self, node: NodeCosts, cap_bytes: int | None = None) -> _Ints:
        """For each start the largest stop such that [start, stop) fits the cap.

        The start itself where not even one block fits.

        Args:
            node: the node that would run the stage.
            cap_bytes: instead of the node's own cap.
        """
        cap = node.memory_bytes if cap_bytes is None else cap_bytes
        starts = np.arange(self._n_blocks)
        stops, work = starts.copy(), np.zeros_like(starts)
        # Memory grows with the stop: grow each stage by halving strides while it still fits.
        for level in reversed(range(len(self._peak))):
            ahead = stops + (1 << level)
            inside = ahead <= self._n_blocks
            ahead = np.minimum(ahead, self._n_blocks)
            peak = np.maximum(work, self._peak[level, np.minimum(stops, self._n_blocks - 1)])
            fits = inside & (self._total_bytes(node, starts, ahead, peak) <= cap)
            stops, work = np.where(fits, ahead, stops), np.where(fits, peak, work)
        return stops

    def runnable_stops(self, node: NodeCosts) -> _Ints:
        """The same without any cap: only blocks that the node cannot run end a stage."""
        return self.farthest_stops(node, FORBIDDEN_BYTES - 1)

    def additive_bound_bytes(self, node: NodeCosts) -> tuple[_Floats, _Floats]:
        """Bytes for opening a stage at each block, and for each block in it; added up, a bound.

        No stage takes less than its opening and its blocks together: the most work is no
        less than that of the first block, rounding up adds, and a weight that m blocks of the
        model read counts 1/m for each of them, so at most once within a stage.
        """
        weights = np.diff(self._weights_before) - self._read_again
        opening = node.base_bytes + self._peak[0] + self._received
        return opening.astype(np.float64), node.weight_factor * np.maximum(weights, 0.0)

    def _total_bytes(self, node: NodeCosts, starts: _Ints, stops: _Ints, work: _Ints) -> _Ints:
        """The formula's terms; both questions above are answered with them."""
        total = total_bytes(
            node,
            weight_bytes=self._weights(starts, stops),
            work_bytes=work,
            received_bytes=self._received[starts],
        )
        return total + self._forbidden_bytes(node, starts, stops) if node.cannot_run else total

    def _weights(self, starts: _Ints, stops: _Ints) -> _Ints:
        weights: _Ints = self._weights_before[stops] - self._weights_before[starts]
        return weights - self._repeats.between(starts, stops)

    def _work(self, starts: _Ints, stops: _Ints) -> _Ints:
        """The range maximum, from two overlapping runs of the same length."""
        level = np.frexp(stops - starts)[1] - 1
        last = stops - (1 << level)
        work: _Ints = np.maximum(self._peak[level, starts], self._peak[level, last])
        return work

    def _forbidden_bytes(self, node: NodeCosts, starts: _Ints, stops: _Ints) -> _Ints:
        marks = np.isin(np.arange(self._n_blocks), node.cannot_run)
        before = np.cumsum(np.concatenate(([0], marks)))
        return np.where(before[stops] > before[starts], FORBIDDEN_BYTES, 0)


def work_bytes(problem: Problem, live_bytes: _Ints, blocks: _Ints) -> _Ints:
    """What blocks need for a while: to be loaded, or to run beside activations that are alive.

    Args:
        problem: whose blocks they are.
        live_bytes: most activations alive at any operator of each block, in whatever order.
        blocks: the place of each in the problem.
    """
    needed = live_bytes
    if problem.workspace_bytes:
        needed = needed + np.array(problem.workspace_bytes, dtype=np.int64)[blocks]
    if problem.load_bytes:
        needed = np.maximum(needed, np.array(problem.load_bytes, dtype=np.int64)[blocks])
    return needed


def total_bytes(
    node: NodeCosts, *, weight_bytes: _Ints, work_bytes: _Ints, received_bytes: _Ints
) -> _Ints:
    """The formula of `StageMemory`, for terms that are known already.

    Args:
        node: what runs the stages.
        weight_bytes: of each stage, a parameter once.
        work_bytes: the most that one of its blocks needs; see the function of that name.
        received_bytes: of its message.
    """
    kept = _kept_bytes(node, weight_bytes)
    total: _Ints = node.base_bytes + kept + work_bytes + received_bytes
    return total


def _kept_bytes(node: NodeCosts, weight_bytes: _Ints) -> _Ints:
    kept: _Ints = np.ceil(node.weight_factor * weight_bytes).astype(np.int64)
    return kept


def stage_bytes(problem: Problem, node: NodeCosts, start: int, stop: int) -> int:
    """Bytes of the stage [start, stop) on the node; see `StageMemory`."""
    return int(StageMemory(problem).stage_bytes(node, np.array([start]), np.array([stop]))[0])


def farthest_stop(problem: Problem, node: NodeCosts) -> NDArray[np.int64]:
    """For each start the largest stop whose stage fits the node; see `StageMemory`."""
    return StageMemory(problem).farthest_stops(node)


class _Repeats:
    """Bytes of shared weights that adding up a stage's blocks counts more than once.

    A weight that m blocks of a stage read is counted m - 1 times too often: once for every pair of
    consecutive readers inside. The sum over pairs (a, b) with start <= a and b < stop is looked up
    in a table over the distinct a and b.
    """

    def __init__(self, problem: Problem) -> None:
        pairs = [
            (a, b, weight.n_bytes) for weight in problem.shared for a, b in pairwise(weight.blocks)
        ]
        if not pairs:
            self._table = np.zeros((1, 1), dtype=np.int64)
            self._row = self._column = np.zeros(problem.n_blocks + 1, dtype=np.int64)
            return
        first, second, n_bytes = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
        firsts, row = np.unique(first, return_inverse=True)
        seconds, column = np.unique(second, return_inverse=True)
        table = np.zeros((len(firsts) + 1, len(seconds) + 1), dtype=np.int64)
        np.add.at(table, (row, column + 1), n_bytes)
        self._table = table[::-1].cumsum(axis=0)[::-1].cumsum(axis=1)
        bounds = np.arange(problem.n_blocks + 1)
        self._row = np.searchsorted(firsts, bounds)
        self._column = np.searchsorted(seconds, bounds)

    def between(self, starts: _Ints, stops: _Ints) -> _Ints:
        """Bytes counted too often in each stage [start, stop)."""
        counted: _Ints = self._table[self._row[starts], self._column[stops]]
        return counted


def _range_maxima(values: _Ints) -> _Ints:
    """Row l holds the maximum of the 2^l values from each index on, cut off at the end."""
    rows = [values]
    while (stride := 1 << len(rows)) <= len(values):
        above, shift = rows[-1], stride // 2
        rows.append(np.maximum(above, np.append(above[shift:], above[-1:].repeat(shift))))
    return np.array(rows)
