"""One cut between the device and one other node, as Neurosurgeon makes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.baselines.wire_time import wire_s
from planner.costs.compute import block_compute_s
from planner.costs.transfer import HopPrices
from planner.plan import Plan
from planner.problem import NodeCosts, Problem


class Neurosurgeon:
    """Runs the first blocks on the device, the source, and the others on one other node.

    It tries every cut, all on the device and all on the other node included, and every other node,
    and takes the least of

        Σ compute(device, blocks before the cut) + n_cut / β + Σ compute(other, blocks after it)

    With everything on the device nothing is sent. Among equal ones it takes the node listed first
    and the earliest cut. The way back of the result is not counted, nor a link's latency.

    Left out: Neurosurgeon predicts times by regression over layer types and knows the server's
    load; here they are the profile's. It knows one server; here the best of the other nodes.

    Source: Kang and others, "Neurosurgeon: Collaborative intelligence between the cloud and mobile
    edge", ASPLOS 2017, algorithm 1, with latency as its target.
    """

    name = "neurosurgeon"
    note = (
        "one cut between the source and the best other node, by times and bandwidth; "
        "ignores memory, latencies, the way back and further nodes"
    )

    def skip_reason(self, problem: Problem) -> str | None:
        """None: everything on the device is always a plan."""
        return None

    def propose(self, problem: Problem) -> Plan:
        """The best single cut."""
        device = problem.nodes[problem.node_index[problem.source]]
        others = [node for node in problem.nodes if node.name != device.name]
        offers = [_best_cut(problem, device, other) for other in others]
        best = min(offers, key=lambda offer: offer.seconds, default=None)
        if best is None or best.cut == problem.n_blocks:
            return problem.plan((), (device.name,))
        if best.cut == 0:
            return problem.plan((), (best.other,))
        return problem.plan((best.cut,), (device.name, best.other))


@dataclass(frozen=True)
class _Offer:
    """The best cut with one other node; blocks before it run on the device."""

    seconds: float
    cut: int
    other: str


def _best_cut(problem: Problem, device: NodeCosts, other: NodeCosts) -> _Offer:
    n_bytes = np.array(problem.cut_bytes, dtype=np.int64)
    upload_s = wire_s(HopPrices(problem), device.name, other.name, n_bytes)
    upload_s[-1] = 0.0
    before_s = np.concatenate(([0.0], np.cumsum(block_compute_s(device))))
    after_s = np.concatenate((np.cumsum(block_compute_s(other)[::-1])[::-1], [0.0]))
    seconds = before_s + upload_s + after_s
    cut = int(np.argmin(seconds))
    return _Offer(float(seconds[cut]), cut, other.name)
