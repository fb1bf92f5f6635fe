"""Walk prices: what a walk over nodes costs, block by block and hop by hop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.objectives import Objective
from planner.problem import Problem

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WalkPrices:
    """Prices for N nodes and B blocks, as `costs` has them, in the objective's unit."""

    block: _Floats
    """[B, N]: of a block; infinite where the node can never hold it."""
    opening: _Floats
    """[B, N]: of starting a stage at a block; infinite where none that starts there fits."""
    entry: _Floats
    """[N]: of the inputs' transfer from the source."""
    exit: _Floats
    """[N]: of the outputs' transfer to the sink."""
    hop: _Floats
    """[B + 1, N, N]: of a transfer at a boundary; infinite from a node to itself.

    Neighbouring stages on one node are one stage, so there is no such transfer.
    """


def walk_prices(problem: Problem, objective: Objective) -> WalkPrices:
    """Asks `costs` for the prices, without any memory cap.

    Raises:
        PlannerError: the objective is not additive.
    """
    prices = AdditivePrices(problem, objective)
    cut_bytes = np.array(problem.cut_bytes, dtype=np.int64)
    names = [node.name for node in problem.nodes]
    hop = np.full((len(cut_bytes), len(names), len(names)), np.inf)
    for a, source in enumerate(names):
        for b, target in enumerate(names):
            if a != b:
                hop[:, a, b] = prices.between(source, target, cut_bytes)
    block = np.array([prices.block(node) for node in problem.nodes]).T
    return WalkPrices(
        block=np.ascontiguousarray(block),
        opening=np.zeros_like(block),
        entry=np.array([prices.entry(name) for name in names]),
        exit=np.array([prices.exit(name) for name in names]),
        hop=hop,
    )


def dearest_value(problem: Problem, objective: Objective, prices: WalkPrices) -> float:
    """No plan over links that exist costs more: every block and every hop at its dearest."""
    additive = AdditivePrices(problem, objective)
    measured = [
        float(additive.stages(node, np.array([stage.start]), np.array([stage.stop]))[0])
        for node in problem.nodes
        for stage in node.measured_stages
    ]
    ends = np.array([_dearest(prices.entry[np.newaxis]), _dearest(prices.exit[np.newaxis])])
    hops = _dearest(prices.hop.reshape(len(prices.hop), -1))
    return float(prices.block.max(axis=1).sum() + ends.sum() + hops.sum() + sum(measured))


def _dearest(prices: _Floats) -> _Floats:
    """Of each row, without what is missing."""
    dearest: _Floats = np.where(np.isfinite(prices), prices, 0.0).max(axis=1)
    return dearest


def within_windows(prices: WalkPrices, stops: NDArray[np.int64]) -> WalkPrices:
    """The prices where a node gets no block that no single stage on it could hold.

    It leaves out no plan that fits, and keeps many that do not: a bound.

    Args:
        prices: without caps.
        stops: [N, B]; for each start the farthest stop that fits the node.
    """
    starts = np.arange(stops.shape[1])
    held = np.maximum.accumulate(stops, axis=1) > starts
    opened = stops > starts
    return WalkPrices(
        block=np.where(held.T, prices.block, np.inf),
        opening=np.where(opened.T, prices.opening, np.inf),
        entry=prices.entry,
        exit=prices.exit,
        hop=prices.hop,
    )
