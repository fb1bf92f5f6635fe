"""Parts of about equal parameter bytes, as DeepSpeed's pipeline module makes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from planner.plan import Plan
from planner.problem import Problem


class DeepspeedBalanced:
    """Divides the blocks into one part per node by parameter bytes, DeepSpeed's default method.

    If there are fewer blocks than nodes, the first nodes get one block each.

    Left out: DeepSpeed counts trainable parameters, not bytes, and keeps tied layers' weights in
    every stage that reads them; here a shared parameter counts in every block that reads it.

    Source: DeepSpeed, `deepspeed/runtime/pipe/module.py` (`partition_method="parameters"`) and
    `deepspeed/runtime/utils.py` (`partition_balanced`).
    """

    name = "deepspeed balanced"
    note = "evens out parameter bytes; ignores activations, caps, times, speeds and links"

    def skip_reason(self, problem: Problem) -> str | None:
        """Why there is nothing to balance; none if there is."""
        return None if any(problem.weight_bytes) else "the model has no parameters to balance"

    def propose(self, problem: Problem) -> Plan:
        """The balanced parts, on the nodes in order."""
        n_parts = min(len(problem.nodes), problem.n_blocks)
        cuts = least_spread_parts(problem.weight_bytes, n_parts)
        return problem.plan(cuts, tuple(node.name for node in problem.nodes[:n_parts]))


def least_spread_parts(values: Sequence[float], n_parts: int) -> tuple[int, ...]:
    """Cuts into parts whose largest and least sum are close, by DeepSpeed's recurrence.

    For every end and number of parts it keeps one partition: the one of least spread, largest sum
    less least sum, and among equal ones that with the latest last cut. A partition of less spread
    need not be the one to extend, so neither the spread nor the largest sum is optimal.

    Takes O(n_parts · B²) time for B values.

    Legend: P = sum before a boundary; high, low = largest and least sum of the partition kept for
    an end and the number of parts so far.

    Args:
        values: at least as many as parts.
        n_parts: at least 1.
    """
    before = np.array(list(accumulate(values, initial=0)), dtype=np.float64)
    n = len(values)
    high, low = before.copy(), before.copy()
    chosen = []
    for n_runs in range(2, n_parts + 1):
        next_high, next_low = high.copy(), low.copy()
        start = np.zeros(n + 1, dtype=np.int64)
        for end in range(n_runs, n + 1):
            last = before[end] - before[n_runs - 1 : end]
            highs = np.maximum(high[n_runs - 1 : end], last)
            lows = np.minimum(low[n_runs - 1 : end], last)
            spread = highs - lows
            best = len(spread) - 1 - int(np.argmin(spread[::-1]))
            next_high[end], next_low[end] = highs[best], lows[best]
            start[end] = n_runs - 1 + best
        high, low = next_high, next_low
        chosen.append(start)
    cuts = [n]
    for start in reversed(chosen):
        cuts.append(int(start[cuts[-1]]))
    return tuple(reversed(cuts[1:]))
