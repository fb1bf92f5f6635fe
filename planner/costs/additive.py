"""Additive prices: what blocks and hops cost when a plan's value is the sum of all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.costs.compute import StageCompute, block_compute_s, stage_start_s
from planner.costs.spread_prices import SpreadPrices
from planner.costs.transfer import HopPrices
from planner.errors import PlannerError
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import NodeCosts, Problem

_Floats = NDArray[np.float64]


class AdditivePrices:
    """Prices of blocks on nodes and of messages, in the unit of an additive objective.

    A plan costs what its stages do, the `entry` to the first, what is `between` each two, and the
    `exit` from the last. What a stage takes to start is in the message that begins it, so no plan
    is priced that has neighbouring stages on one node: they are one stage.

    Latency: compute seconds and transfer seconds. Price: compute seconds times the node's price,
    bytes times the link's. Mean-variance: the weighted sum of each one's mean and variance. What
    is sent over a missing link costs infinitely much.

    Raises:
        PlannerError: the objective is not additive.
    """

    def __init__(self, problem: Problem, objective: Objective = LATENCY) -> None:
        if not objective.is_additive:
            raise PlannerError(f"{objective.kind} is no sum over stages and hops")
        self._problem = problem
        self._hops = HopPrices(problem)
        self._spreads = SpreadPrices(problem)
        self._is_price = objective.kind is ObjectiveKind.PRICE
        self._compute: dict[str, StageCompute] = {}
        self._before: dict[str, _Floats] = {}
        self._weights: tuple[float, float] | None = None
        if objective.mean_weight is not None and objective.variance_weight_per_s is not None:
            self._weights = objective.mean_weight, objective.variance_weight_per_s

    def block(self, node: NodeCosts) -> _Floats:
        """Of each block on the node; a stage is their sum unless it was measured."""
        if self._weights is not None:
            mean, variance = self._weights
            spreads = self._spreads
            return mean * spreads.block_mean_s(node) + variance * spreads.block_variance_s2(node)
        seconds = block_compute_s(node)
        return seconds * node.price_per_s if self._is_price else seconds

    def stages(
        self, node: NodeCosts, starts: NDArray[np.int64], stops: NDArray[np.int64]
    ) -> _Floats:
        """Of the blocks of each stage [start, stop), measured or as the sum of its blocks."""
        if self._weights is not None and node.spread is not None:
            before = self._before_boundaries(node)
            weighed: _Floats = before[stops] - before[starts]
            return weighed
        if node.name not in self._compute:
            self._compute[node.name] = StageCompute(node)
        seconds = self._compute[node.name].stages_s(starts, stops)
        if self._weights is not None:
            return seconds * self._weights[0]
        return seconds * node.price_per_s if self._is_price else seconds

    def start(self, node: NodeCosts) -> float:
        """Of a stage on the node beside its blocks."""
        seconds = stage_start_s(node)
        if self._weights is not None:
            return seconds * self._weights[0]
        return seconds * node.price_per_s if self._is_price else seconds

    def entry(self, name: str) -> float:
        """Of the inputs to the node, and of the stage that they begin."""
        return self._end(self._problem.source, name, 0) + self._start_on(name)

    def exit(self, name: str) -> float:
        """Of the outputs from the node to the sink."""
        return self._end(name, self._problem.sink, -1)

    def between(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> _Floats:
        """Of one message per size, and of the stage that it begins."""
        hop = self.hop(source, target, n_bytes)
        return hop if source == target else hop + self._start_on(target)

    def hop(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> _Floats:
        """Of one message per size."""
        if self._weights is not None:
            return self._weighted_hop(self._weights, source, target, n_bytes)
        price = self._hops.price if self._is_price else self._hops.hop_s
        return price(source, target, n_bytes)

    def _start_on(self, name: str) -> float:
        return self.start(self._problem.nodes[self._problem.node_index[name]])

    def _end(self, source: str, target: str, boundary: int) -> float:
        n_bytes = np.array([self._problem.cut_bytes[boundary]], dtype=np.int64)
        return float(self.hop(source, target, n_bytes)[0])

    def _before_boundaries(self, node: NodeCosts) -> _Floats:
        """Of all blocks before each boundary, [B + 1], added up once."""
        if node.name not in self._before:
            self._before[node.name] = np.concatenate(([0.0], np.cumsum(self.block(node))))
        return self._before[node.name]

    def _weighted_hop(
        self, weights: tuple[float, float], source: str, target: str, n_bytes: NDArray[np.int64]
    ) -> _Floats:
        if not self._hops.is_linked(source, target):
            return np.full(n_bytes.shape, np.inf)
        mean_s = self._spreads.hop_mean_s(source, target, n_bytes)
        return weights[0] * mean_s + weights[1] * self._spreads.hop_variance_s2(
            source, target, n_bytes
        )
