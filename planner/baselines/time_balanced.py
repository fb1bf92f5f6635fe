"""The longest part as short as possible, as torchgpipe's balance by time intends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.plan import Plan
from planner.problem import Problem


class TimeBalanced:
    """Divides the blocks into one part per node so that the longest part takes least time.

    Times are those of the first node's profile, as if all machines were that one. The partition
    is optimal for that aim, by dynamic programming; torchgpipe's own heuristic may be worse. If
    there are fewer blocks than nodes, the first nodes get one block each.

    Source: torchgpipe, `balance/__init__.py`: `balance_by_time`; the problem is that of
    Bárány and Grinberg, "Block partitions of sequences", Israel Journal of Mathematics 206, 2015.
    """

    name = "time balanced"
    note = "evens out block times; ignores speeds, memory and links"

    def skip_reason(self, problem: Problem) -> str | None:
        """None: every chain has block times."""
        return None

    def propose(self, problem: Problem) -> Plan:
        """The least longest part, on the nodes in order."""
        n_parts = min(len(problem.nodes), problem.n_blocks)
        cuts = least_longest_parts(np.array(problem.nodes[0].block_latency_s), n_parts)
        return problem.plan(cuts, tuple(node.name for node in problem.nodes[:n_parts]))


def least_longest_parts(times_s: NDArray[np.float64], n_parts: int) -> tuple[int, ...]:
    """Cuts of a sequence into exactly `n_parts` runs whose longest sum is least.

    Takes O(n_parts · B log B) time for B items.

    Legend: P = sum before a boundary, best_k[j] = longest of k runs up to j, at its least:
    best_k[j] = min over k - 1 <= i < j of max(best_{k-1}[i], P[j] - P[i]).
    The first term rises with i and the second falls, so the best i is where they cross.
    """
    before_s = np.concatenate(([0.0], np.cumsum(times_s)))
    best = before_s
    chosen = []
    for n_runs in range(2, n_parts + 1):
        start = _crossing(best, before_s, n_runs)
        best = np.maximum(best[start], before_s - before_s[start])
        chosen.append(start)
    cuts = [len(times_s)]
    for start in reversed(chosen):
        cuts.append(int(start[cuts[-1]]))
    return tuple(reversed(cuts[1:]))


def _crossing(
    best: NDArray[np.float64], before_s: NDArray[np.float64], n_runs: int
) -> NDArray[np.int64]:
    """The best start of the last of n runs, for every end from `n_runs` on."""
    ends = np.arange(len(before_s))
    low = np.minimum(n_runs - 1, ends)
    high = np.maximum(ends - 1, low)
    while (low < high).any():
        middle = (low + high) // 2
        risen = best[middle] >= before_s[ends] - before_s[middle]
        low, high = np.where(risen, low, middle + 1), np.where(risen, middle, high)
        low = np.minimum(low, high)
    earlier = np.maximum(low - 1, np.minimum(n_runs - 1, low))
    longest_low = np.maximum(best[low], before_s - before_s[low])
    longest_earlier = np.maximum(best[earlier], before_s - before_s[earlier])
    return np.where(longest_earlier <= longest_low, earlier, low)
