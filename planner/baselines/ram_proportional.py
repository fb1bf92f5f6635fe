"""Layers in proportion to each node's memory, as exo's ring does."""

from __future__ import annotations

from itertools import pairwise

from planner.plan import Plan
from planner.problem import NodeCosts, Problem

_DIGITS = 5


class RamProportional:
    """Gives every node a share of the block count as large as its share of all memory.

    Nodes come in descending order of memory, of equal ones the later name first. The running sum
    of shares is rounded to five digits, and a node's blocks end at that fraction of their number,
    rounded down; the last node takes the rest. A node whose share is less than a block may get
    none. So small a remainder as one left by the rounding can still give the last node a block.

    Source: exo, `exo/topology/ring_memory_weighted_partitioning_strategy.py` and
    `partitioning_strategy.py` (`map_partitions_to_shards`); the memory is the device's, here the
    node's cap.
    """

    name = "ram proportional"
    note = (
        "counts blocks by the nodes' memory caps, in an order of its own; "
        "ignores block sizes, times, speeds and links"
    )

    def skip_reason(self, problem: Problem) -> str | None:
        """Why there are no shares; none if there are."""
        if any(node.memory_bytes for node in problem.nodes):
            return None
        return "no node has any memory to share out by"

    def propose(self, problem: Problem) -> Plan:
        """The shares, on the nodes from the largest to the smallest."""
        ring = sorted(problem.nodes, key=lambda node: (node.memory_bytes, node.name), reverse=True)
        bounds = _bounds(ring, problem.n_blocks)
        parts = [
            (start, node.name)
            for (start, stop), node in zip(pairwise(bounds), ring, strict=True)
            if start < stop
        ]
        return problem.plan(
            tuple(start for start, _ in parts[1:]), tuple(name for _, name in parts)
        )


def _bounds(ring: list[NodeCosts], n_blocks: int) -> list[int]:
    """Where the shares begin, and the end."""
    total_bytes = sum(node.memory_bytes for node in ring)
    share, bounds = 0.0, [0]
    for node in ring[:-1]:
        share = round(share + node.memory_bytes / total_bytes, _DIGITS)
        bounds.append(min(int(share * n_blocks), n_blocks))
    return [*bounds, n_blocks]
