"""Parts of about equal time, as torchgpipe's balance by time makes them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from math import lcm

from planner.costs.compute import block_compute_s
from planner.plan import Plan
from planner.problem import Problem


class TimeBalanced:
    """Divides the blocks into one part per node by the heuristic that torchgpipe uses.

    Times are those of the first node, as if all machines were that one. If there are fewer blocks
    than nodes, the first nodes get one block each.

    Source: torchgpipe, `balance/__init__.py` (`balance_by_time`) and `balance/blockpartition.py`.
    """

    name = "time balanced"
    note = "evens out block times by a heuristic; ignores speeds, memory and links"

    def skip_reason(self, problem: Problem) -> str | None:
        """None: every chain has block times."""
        return None

    def propose(self, problem: Problem) -> Plan:
        """The balanced parts, on the nodes in order."""
        n_parts = min(len(problem.nodes), problem.n_blocks)
        bounds = block_partition(block_compute_s(problem.nodes[0]).tolist(), n_parts)
        return problem.plan(bounds[1:-1], tuple(node.name for node in problem.nodes[:n_parts]))


def block_partition(values: Sequence[float], n_parts: int) -> tuple[int, ...]:
    """Bounds of parts whose sums differ by at most the largest value, not the best such parts.

    Values are first shifted and scaled so that the least is 0 and the largest is 1, then:

    1. start with parts of equal length, the last one longer, and fix a largest part p;
    2. stop if its sum M is at most 1 above the least sum m;
    3. of the parts with the least sum take the one nearest to p, q, and move one value to it from
       its neighbour h towards p; go to 2, or fix p anew if h was p.

    The shift makes it blind to the length of parts: many small values count as nothing. That is
    one reason why the longest part may be far from the shortest possible.

    No part ends empty: one that gives its only value away in step 3 has the least sum then, it is
    the nearest such part to p, and M is still too large to stop, so it is fed next.

    Args:
        values: at least as many as parts.
        n_parts: at least 1.

    Source: Bárány and Grinberg, "Block partitions of sequences", Israel Journal of Mathematics
    206, 2015, arXiv 1308.2452; the first partition and the scaling are torchgpipe's. Of several
    largest parts the last is taken, as there. Of several least parts torchgpipe takes the first,
    which may take from an empty part; the paper's nearest one never does.
    """
    sums, unit = _scaled_sums(values)
    length = len(values) // n_parts
    bounds = [*range(0, length * n_parts, length), len(values)]
    while True:
        sizes = [sums[stop] - sums[start] for start, stop in pairwise(bounds)]
        largest = max(range(n_parts), key=lambda part: (sizes[part], part))
        if not _feed(bounds, sums, sizes, largest, unit):
            return tuple(bounds)


def _scaled_sums(values: Sequence[float]) -> tuple[list[int], int]:
    """Sums of the values above the least one before each position, and the largest such value.

    They are whole numbers, all scaled alike: the comparisons are exact, so the moves end.
    """
    exact = [Fraction(value) for value in values]
    scale, least = lcm(*(value.denominator for value in exact)), min(exact)
    shifted = [int((value - least) * scale) for value in exact]
    return list(accumulate(shifted, initial=0)), max(shifted)


def _feed(
    bounds: list[int], sums: Sequence[int], sizes: list[int], largest: int, unit: int
) -> bool:
    """Steps 2 and 3 until the largest part gives a value away; whether it did before the stop."""
    while sizes[largest] > (least := min(sizes)) + unit:
        small = (part for part, size in enumerate(sizes) if size == least)
        part = min(small, key=lambda part: (abs(part - largest), part))
        giver = part - 1 if largest < part else part + 1
        border = max(part, giver)
        bounds[border] += 1 if giver > part else -1
        for changed in (part, giver):
            sizes[changed] = sums[bounds[changed + 1]] - sums[bounds[changed]]
        if giver == largest:
            return True
    return False
