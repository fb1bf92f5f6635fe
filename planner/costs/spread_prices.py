"""Spread prices: mean, variance and lower mean of compute and transfer times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netmodel.cluster import Link
from planner.costs.compute import block_compute_s, on_node_s
from planner.costs.spread_table import SpreadTable
from planner.costs.transfer import HopPrices
from planner.problem import NodeCosts, Problem

_Floats = NDArray[np.float64]


class SpreadPrices:
    """How the times of one problem's blocks and messages vary over requests.

    A block's variance is its share in the variance of the whole model on the node (its covariance
    with the sum of all blocks): exact for a stage that is the whole model, and for blocks that do
    not depend on each other. For less than the whole of a model whose blocks are slow together,
    the usual case, the shares add up to more than the stage's own variance. A message's time is
    the link model's, times a ratio that varies.

    What is not known to vary has its usual time as its mean, and no variance.

    Source: H. Markowitz, "Portfolio Selection", The Journal of Finance 7(1), 1952 (mean and
    variance of a sum).
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._hops = HopPrices(problem)
        self._links = {(link.source, link.target): link for link in problem.links}
        self._blocks: dict[int, SpreadTable] = {}
        self._ratios: dict[tuple[str, str], SpreadTable | None] = {}

    def block_table(self, node: NodeCosts) -> SpreadTable | None:
        """Profiled times of all blocks, a column each; none if they are not known to vary."""
        if node.spread is None:
            return None
        if node.spread not in self._blocks:
            spread = self._problem.spreads[node.spread]
            self._blocks[node.spread] = SpreadTable(spread.rows_s, spread.levels)
        return self._blocks[node.spread]

    def block_mean_s(self, node: NodeCosts) -> _Floats:
        """Mean seconds of each block on the node."""
        table = self.block_table(node)
        return block_compute_s(node) if table is None else on_node_s(node, table.mean)

    def block_variance_s2(self, node: NodeCosts) -> _Floats:
        """Each block's share of the variance on the node, in seconds squared."""
        table = self.block_table(node)
        if table is None:
            return np.zeros(len(node.block_latency_s))
        return on_node_s(node, on_node_s(node, table.variance_shares))

    def hop_mean_s(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> _Floats:
        """Mean seconds of one message per size; infinite if there is no link."""
        seconds = self._hops.hop_s(source, target, n_bytes)
        table = self.hop_table(source, target)
        return seconds if table is None else seconds * float(table.mean[0])

    def hop_variance_s2(self, source: str, target: str, n_bytes: NDArray[np.int64]) -> _Floats:
        """Variance of the seconds of one message per size; 0 if there is no link."""
        table = self.hop_table(source, target)
        if table is None:
            return np.zeros(n_bytes.shape)
        seconds = self._hops.hop_s(source, target, n_bytes)
        return seconds * seconds * float(table.variance_shares[0])

    def hop_table(self, source: str, target: str) -> SpreadTable | None:
        """Ratios to the link model's time; none if it always takes as long as the model says."""
        wire = (source, target)
        if wire not in self._ratios:
            link = None if source == target else self._links.get(wire)
            self._ratios[wire] = None if link is None else _ratios(link)
        return self._ratios[wire]


def lower_mean_problem(problem: Problem, quantile: float) -> Problem:
    """A problem without spread, whose least latency no plan's quantile can be below.

    Each block and each message takes its lower mean: `SpreadTable.lower_mean` proves that these
    add up to at most the quantile of the sum, whatever depends on whatever. Limits on values are
    dropped, which can only lower the bound; memory caps and the class of plans stay. A stage on a
    node that is known to vary is drawn as its blocks are, so a time of its own is dropped as well.
    """
    prices = SpreadPrices(problem)
    limits = problem.limits.model_copy(
        update={"max_latency_s": None, "max_period_s": None, "max_price": None}
    )
    return problem.replaced(
        nodes=tuple(_node_at_lower_mean(prices, node, quantile) for node in problem.nodes),
        links=tuple(_link_at_lower_mean(link, quantile) for link in problem.links),
        spreads=(),
        limits=limits,
    )


def _ratios(link: Link) -> SpreadTable | None:
    if link.spread is None:
        return None
    return SpreadTable([(ratio,) for ratio in link.spread.ratios], link.spread.levels)


def _node_at_lower_mean(prices: SpreadPrices, node: NodeCosts, quantile: float) -> NodeCosts:
    table = prices.block_table(node)
    if table is None:
        return node
    seconds = tuple(table.lower_mean(quantile).tolist())
    return node.model_copy(
        update={"block_latency_s": seconds, "spread": None, "measured_stages": ()}
    )


def _link_at_lower_mean(link: Link, quantile: float) -> Link:
    """The link, all of whose times are scaled by one ratio."""
    table = _ratios(link)
    if table is None:
        return link
    ratio = float(table.lower_mean(quantile)[0])
    return link.model_copy(update={"model": link.model.scaled(ratio), "spread": None})
