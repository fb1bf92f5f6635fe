"""Downset prices: what stages between downsets cost, as arrays; asked of `costs`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.costs.memory import total_bytes, work_bytes
from planner.limits import Order
from planner.objectives import Objective
from planner.problem import NodeCosts, Problem
from planner.solvers.branching.downsets import Downsets
from profiler.block_tensors import BlockTensors

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """All (downset, block) pairs in which the block can run last, grouped by downset."""

    first: _Ints
    """[downsets + 1]: where the pairs of each downset begin."""
    before: _Ints
    """[pairs]: place of the downset without the block."""
    block: _Ints
    """[pairs]: the block."""
    work_bytes: _Ints
    """[pairs]: what the block needs to be loaded, or to run after the downset without it."""


class DownsetPrices:
    """Prices of the stages between D downsets on N nodes, in the unit of an additive objective.

    A stage from one downset to a larger one runs the blocks between in the order of least peak.
    """

    def __init__(
        self, problem: Problem, objective: Objective, tensors: BlockTensors, downsets: Downsets
    ) -> None:
        self.problem = problem
        self.downsets = downsets
        prices = AdditivePrices(problem, objective)
        inside = downsets.inside
        names = [node.name for node in problem.nodes]
        block = np.array([prices.block(node) for node in problem.nodes])
        self.crossing_bytes = tensors.crossing_bytes(inside)
        """[D]: what a cut after each downset carries."""
        self.prefix: _Floats = block @ inside.T
        """[N, D]: of all blocks of each downset."""
        self.entry = np.array([prices.entry(name) for name in names])
        """[N]: of the inputs' transfer from the source."""
        self.exit = np.array([prices.exit(name) for name in names])
        """[N]: of the outputs' transfer to the sink."""
        self.between = np.array(
            [[prices.between(a, b, self.crossing_bytes) for b in names] for a in names]
        )
        """[N, N, D]: of a transfer at each downset, row to column."""
        self.steps = _steps(problem, tensors, downsets)
        self.completion = self._completion()
        """[N, D]: no plan that starts a stage there on the node costs less from there on."""
        self._weights = inside @ np.array(problem.weight_bytes, dtype=np.int64)
        readers = np.zeros((problem.n_blocks, len(problem.shared)), dtype=np.int64)
        for index, weight in enumerate(problem.shared):
            readers[list(weight.blocks), index] = 1
        self._readers = inside.astype(np.int64) @ readers
        self._shared_bytes = np.array([w.n_bytes for w in problem.shared], dtype=np.int64)

    def _completion(self) -> _Floats:
        """The best way on if every stage fitted every node and a node could come again."""
        n_nodes = len(self.prefix)
        is_listed = self.problem.limits.order is Order.LISTED
        barred = np.tri(n_nodes, dtype=np.bool_) if is_listed else np.eye(n_nodes, dtype=np.bool_)
        steps = self.steps
        by_before = np.argsort(steps.before, kind="stable")
        after = np.repeat(np.arange(len(self.downsets.masks)), np.diff(steps.first))[by_before]
        first = np.searchsorted(steps.before[by_before], np.arange(len(self.downsets.masks) + 1))
        least = np.full(self.prefix.shape, np.inf)  # of stages that end beyond, with their prefix
        ends = least.copy()  # of stages that end here, with their prefix
        ends[:, -1] = self.prefix[:, -1] + self.exit
        for start, stop in reversed(self.downsets.levels[:-1]):
            larger = after[first[start] : first[stop]]
            beyond = np.minimum(ends[:, larger], least[:, larger])
            groups = first[start:stop] - first[start]
            least[:, start:stop] = np.minimum.reduceat(beyond, groups, axis=1)
            on = least[:, start:stop] - self.prefix[:, start:stop]
            ways = np.where(barred[..., np.newaxis], np.inf, self.between[:, :, start:stop]) + on
            ends[:, start:stop] = self.prefix[:, start:stop] + ways.min(axis=1)
        completion: _Floats = least - self.prefix
        return completion

    def weight_bytes(self, starts: _Ints, stop: int) -> _Ints:
        """Of the stages from each start to one stop: a parameter once, however many read it."""
        weights: _Ints = self._weights[stop] - self._weights[starts]
        if len(self._shared_bytes):
            inside = self._readers[stop] - self._readers[starts]
            weights = weights - np.maximum(inside - 1, 0) @ self._shared_bytes
        return weights

    def fits(
        self, node: int, starts: _Ints, weight_bytes: _Ints, work_bytes: _Ints
    ) -> NDArray[np.bool_]:
        """Which stages fit a node, given their weights and most work."""
        machine = self.problem.nodes[node]
        used = total_bytes(
            machine,
            weight_bytes=weight_bytes,
            work_bytes=work_bytes,
            received_bytes=self.crossing_bytes[starts],
        )
        return used <= machine.memory_bytes

    @cached_property
    def is_roomy(self) -> list[bool]:
        """For each node, whether every stage fits it."""
        return [self._most_bytes(node) <= node.memory_bytes for node in self.problem.nodes]

    def _most_bytes(self, node: NodeCosts) -> int:
        """No stage needs more there."""
        most = [
            np.array([amount])
            for amount in (
                sum(self.problem.weight_bytes),
                self.steps.work_bytes.max(initial=0),
                self.crossing_bytes.max(initial=0),
            )
        ]
        used = total_bytes(node, weight_bytes=most[0], work_bytes=most[1], received_bytes=most[2])
        return int(used[0])


def _steps(problem: Problem, tensors: BlockTensors, downsets: Downsets) -> Steps:
    after, block, before = downsets.steps.T
    live = tensors.step_live_bytes(downsets.inside, block, before, after)
    first = np.searchsorted(after, np.arange(len(downsets.masks) + 1))
    return Steps(
        first=first, before=before, block=block, work_bytes=work_bytes(problem, live, block)
    )
