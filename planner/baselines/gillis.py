"""Groups of layers on functions of one size, as Gillis forms them, without tiling within layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.costs.compute import block_compute_s
from planner.costs.memory import StageMemory
from planner.costs.transfer import HopPrices
from planner.errors import PlannerError
from planner.plan import Plan
from planner.problem import Problem

_Floats = NDArray[np.float64]


class Gillis:
    """Gillis's latency-optimal grouping, where a function runs a whole group of layers.

    The source is the master function, all other nodes are workers in their listed order. The
    master runs one group at most; every other group is sent to a fresh worker and its result comes
    back to the master. Functions are alike, as a serverless platform sells them: each has the
    times of the source, the memory of the node that can hold least, and links to the master of
    the mean price of those there are. Among equal latencies the fewest workers.

    In the plan, as in all plans here, neighbouring groups send to each other directly, and it is
    priced so; the rule itself prices every result's way over the master.

    Left out: splitting a group's tensors over several workers that run at once, which is what
    Gillis gains its speed by; several groups on the master; the spread of communication times.

    Source: Yu and others, "Gillis: Serving large neural networks in serverless functions with
    automatic model partitioning", ICDCS 2021: fork and join over a master function, groups of
    consecutive layers, dynamic programming over groups for the least latency under a function's
    memory limit.
    """

    name = "gillis"
    note = (
        "least latency of layer groups on equal functions around the source, within the least "
        "memory; ignores unequal speeds and links, links between workers, and the sink"
    )

    def skip_reason(self, problem: Problem) -> str | None:
        """Why no grouping is possible; none if one is."""
        if _best_groups(problem) is not None:
            return None
        return (
            f"no grouping of the blocks fits {len(problem.nodes)} functions with the memory of the "
            "smallest node and links to the source"
        )

    def propose(self, problem: Problem) -> Plan:
        """The groups of least latency."""
        groups = _best_groups(problem)
        if groups is None:
            raise PlannerError(f"{self.name} has no plan: ask for its skip_reason first")
        workers = (node.name for node in problem.nodes if node.name != problem.source)
        names = tuple(problem.source if on_master else next(workers) for _, on_master in groups)
        return problem.plan(tuple(start for start, _ in groups[1:]), names)


@dataclass(frozen=True)
class _Function:
    """What every function is like; B blocks."""

    before_s: _Floats
    """[B + 1]: compute time of all blocks before a boundary."""
    stops: NDArray[np.int64]
    """[B]: for each start, the farthest stop that fits."""
    to_worker_s: _Floats
    """[B + 1]: the master sends what crosses a boundary."""
    to_master_s: _Floats
    """[B + 1]: a worker sends it back."""


def _function(problem: Problem) -> _Function:
    prices, memory = HopPrices(problem), StageMemory(problem)
    cut_bytes = np.array(problem.cut_bytes, dtype=np.int64)
    master = problem.source
    workers = [node.name for node in problem.nodes if node.name != master]
    up = [prices.hop_s(master, w, cut_bytes) for w in workers if prices.is_linked(master, w)]
    down = [prices.hop_s(w, master, cut_bytes) for w in workers if prices.is_linked(w, master)]
    source = problem.nodes[problem.node_index[master]]
    return _Function(
        before_s=np.concatenate(([0.0], np.cumsum(block_compute_s(source)))),
        stops=np.min([memory.farthest_stops(node) for node in problem.nodes], axis=0),
        to_worker_s=np.mean(up, axis=0) if up else np.full(cut_bytes.shape, np.inf),
        to_master_s=np.mean(down, axis=0) if down else np.full(cut_bytes.shape, np.inf),
    )


def _best_groups(problem: Problem) -> list[tuple[int, bool]] | None:
    """Start of each group, and whether the master runs it; none if nothing fits.

    Takes O(N B²) time for N nodes and B blocks.

    Legend: least_s[m, w, j] = least latency of the groups up to j if the master ran m of them
    (0 or 1) and w workers the others; last[m, w, j] = start of the last one, whose state before
    was [m - 1, w] if `by_master`, else [m, w - 1].
    """
    function = _function(problem)
    n, n_workers = problem.n_blocks, len(problem.nodes) - 1
    least_s = np.full((2, n_workers + 1, n + 1), np.inf)
    least_s[0, 0, 0] = 0.0
    last = np.zeros(least_s.shape, dtype=np.int64)
    by_master = np.zeros(least_s.shape, dtype=np.bool_)
    for i in range(n):
        reach = slice(i + 1, int(function.stops[i]) + 1)
        group_s = function.before_s[reach] - function.before_s[i]
        remote_s = function.to_worker_s[i] + group_s + function.to_master_s[reach]
        for seconds, before, after, on_master in (
            (group_s, least_s[:1, :, i], np.s_[1:, :, reach], True),
            (remote_s, least_s[:, :-1, i], np.s_[:, 1:, reach], False),
        ):
            offered_s = before[:, :, None] + seconds
            better = offered_s < least_s[after]
            least_s[after][better] = offered_s[better]
            last[after][better] = i
            by_master[after][better] = on_master
    return _groups_back(least_s, last, by_master)


def _groups_back(
    least_s: _Floats, last: NDArray[np.int64], by_master: NDArray[np.bool_]
) -> list[tuple[int, bool]] | None:
    ends = least_s[:, :, -1].T  # workers first, so that the fewest win among equal ones
    workers, masters = (int(index) for index in np.unravel_index(np.argmin(ends), ends.shape))
    if not np.isfinite(ends[workers, masters]):
        return None
    groups: list[tuple[int, bool]] = []
    stop = least_s.shape[2] - 1
    while stop > 0:
        on_master = bool(by_master[masters, workers, stop])
        stop = int(last[masters, workers, stop])
        groups.append((stop, on_master))
        masters, workers = (masters - 1, workers) if on_master else (masters, workers - 1)
        if len(groups) > least_s.shape[1] + 1:
            raise RuntimeError("the groups do not lead back to the first block: please report this")
    return groups[::-1]
