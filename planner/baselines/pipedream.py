"""The slowest stage or transfer as quick as possible on equal machines, as PipeDream plans."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from planner.baselines.wire_time import mean_wire_s
from planner.costs.compute import block_compute_s
from planner.plan import Plan
from planner.problem import Problem

_Floats = NDArray[np.float64]


class PipeDream:
    """PipeDream's dynamic program for one level of machines.

    All machines count as the first node, and all links as one of their mean time per byte; a
    stage's transfer counts in the bottleneck beside its compute time. A stage may be replicated on
    as many nodes as the problem's limits allow, and then takes its share of the time. Stages go to
    the nodes in order; the last nodes stay unused if no more machines make the bottleneck quicker.

    Left out: deeper levels of machines, and what only training needs: the way back over every
    boundary, which makes a transfer 2 a / B there, and the exchange of weights between replicas.
    The published program always uses all machines, of which replicas can take any number; here
    their number is limited, so that fewer machines are allowed.

    Source: Narayanan and others, "PipeDream: Generalized pipeline parallelism for DNN training",
    SOSP 2019, section 3.1. Its released optimiser leaves the transfers out unless an option for
    compressed activations is set; the paper does not, nor does this.
    """

    name = "pipedream"
    note = (
        "least bottleneck of stage and transfer times, all nodes and links taken as equal; "
        "ignores speeds, memory, latencies, source and sink"
    )

    def skip_reason(self, problem: Problem) -> str | None:
        """None: one stage is always a plan."""
        return None

    def propose(self, problem: Problem) -> Plan:
        """The plan of least bottleneck."""
        cut_bytes = np.array(problem.cut_bytes, dtype=np.int64)
        machines = Machines(len(problem.nodes), problem.limits.max_replicas)
        stages = least_bottleneck_stages(
            block_compute_s(problem.nodes[0]), mean_wire_s(problem, cut_bytes), machines
        )
        bounds = accumulate((n for _, n in stages), initial=0)
        teams = [[node.name for node in problem.nodes[a:b]] for a, b in pairwise(bounds)]
        return problem.plan(
            tuple(start for start, _ in stages[1:]),
            tuple(team[0] for team in teams),
            tuple(tuple(team[1:]) for team in teams),
        )


@dataclass(frozen=True)
class Machines:
    """What stages can be run on; all are equal."""

    count: int
    most_per_stage: int


def least_bottleneck_stages(
    compute_s: _Floats, wire_s: _Floats, machines: Machines
) -> tuple[tuple[int, int], ...]:
    """First block of each stage and its number of machines, for the least bottleneck.

    Takes O(M R B²) time for M machines, R of them at most for one stage, and B blocks. Among equal
    ones the fewest machines, then the earliest start of the last stage and its fewest machines.

    Legend: C = time of the blocks before a boundary, a / B = time of a transfer there,
    T(i, j, r) = (C[j] - C[i]) / r, A(j, m) = slowest of the stages up to j on m machines, at its
    least:
    A(j, m) = min of T(0, j, m) and, over i < j and r < m, max(A(i, m - r), a_i / B, T(i, j, r)).

    Args:
        compute_s: per block.
        wire_s: time of the transfer at each boundary, one more than blocks; both ends are unused.
        machines: at least one.
    """
    before_s = np.concatenate(([0.0], np.cumsum(compute_s)))
    n = len(compute_s)
    most = min(machines.most_per_stage, machines.count)
    slowest_s = np.full((machines.count + 1, n + 1), np.inf)
    start = np.zeros(slowest_s.shape, dtype=np.int64)
    team = np.zeros(slowest_s.shape, dtype=np.int64)
    for r in range(1, most + 1):
        slowest_s[r], team[r] = before_s / r, r
    for i in range(1, n):
        # All rows are final at i: every earlier start was tried.
        reached_s = np.maximum(slowest_s[:, i], wire_s[i])[:, None]
        for r in range(1, min(most, machines.count - 1) + 1):
            offered_s = np.maximum(reached_s[1:-r], (before_s[i + 1 :] - before_s[i]) / r)
            better = offered_s < slowest_s[r + 1 :, i + 1 :]
            np.copyto(slowest_s[r + 1 :, i + 1 :], offered_s, where=better)
            start[r + 1 :, i + 1 :][better] = i
            team[r + 1 :, i + 1 :][better] = r
    used, stop = int(np.argmin(slowest_s[:, n])), n
    stages = []
    while stop > 0:
        stages.append((int(start[used, stop]), int(team[used, stop])))
        used, stop = used - stages[-1][1], stages[-1][0]
    return tuple(reversed(stages))
