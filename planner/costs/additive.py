"""Additive prices: what blocks and hops cost when a plan's value is the sum of all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.costs.compute import block_compute_s
from planner.costs.transfer import HopPrices
from planner.errors import PlannerError
from planner.objectives import LATENCY, Objective, ObjectiveKind
from planner.problem import NodeCosts, Problem

_Floats = NDArray[np.float64]


class AdditivePrices:
    """Prices of blocks on nodes and of messages, in the unit of an additive objective.

    Latency: compute seconds and transfer seconds. Price: compute seconds times the node's price,
    bytes times the link's. What is sent over a missing link costs infinitely much.

    Raises:
        PlannerError: the objective is not additive.
    """

    def __init__(self, problem: Problem, objective: Objective = LATENCY) -> None:
        if not objective.is_additive:
            raise PlannerError(f"{objective.kind} is no sum over stages and hops")
        self._hops = HopPrices(problem)
        self._is_price = objective.kind is ObjectiveKind.PRICE

    def block(self, node: NodeCosts) -> _Floats:
        """Of each block on the node."""
        seconds = block_compute_s(node)
        return seconds * node.price_per_s if self._is_price else seconds

    def hop(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> _Floats:
        """Of one message per size."""
        price = self._hops.price if self._is_price else self._hops.hop_s
        return price(source, target, n_bytes)
