"""Compute time of blocks on a node."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.problem import NodeCosts


def block_compute_s(node: NodeCosts) -> NDArray[np.float64]:
    """Seconds that each block takes on the node: `block_latency_s / blocks_over_whole / speed`.

    The profiled blocks are scaled so that together they take as long as the whole model did in the
    same run, then by the node's speed. The price of a stage is the sum over its blocks.

    It does not include encoding or decoding messages, waiting for other requests on the node, or a
    change in cache behaviour when fewer blocks share a machine.
    """
    return on_node_s(node, np.array(node.block_latency_s, dtype=np.float64))


def on_node_s(node: NodeCosts, profiled_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds on the node of what takes the given seconds in its profile, scaled as blocks are."""
    return profiled_s / node.blocks_over_whole / node.speed
