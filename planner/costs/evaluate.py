"""The price of a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm, in_turn
from planner.costs.compute import StageCompute, stage_start_s
from planner.costs.memory import StageMemory
from planner.costs.spread_prices import SpreadPrices
from planner.costs.transfer import HopPrices
from planner.errors import MismatchError
from planner.plan import Plan, Stage
from planner.problem import NodeCosts, Problem


class Evaluator:
    """Prices plans of one problem; quicker than `evaluate` for many plans.

    It predicts one request's end-to-end latency, term by term, in seconds and bytes:

        L = hop(source, n_1, in_bytes) + Σ_k compute(n_k, stage_k)
            + Σ_k hop(n_k, n_k+1, cut_bytes_k) + hop(n_K, sink, out_bytes)

        compute(n, stage) = start(n) + Σ blocks

    The terms are added in exact arithmetic and rounded once, so the sum does not depend on their
    order. A plan that breaks memory caps is priced all the same (`Breakdown.fits` tells), and one
    that sends over a missing link takes infinite time.

    A node that holds several stages runs a process for each, and its cap holds for all of them
    together. A stage on several nodes takes as long as on the slowest of them, and its hops as
    long as over the slowest link between two nodes that a request can take after each other.

    Where times are known to vary, terms also have a mean and a variance over requests; the latency
    is that of usual times all the same, and `costs.tails` simulates quantiles.

    Hops over links of one medium take as long as if each had its own, but share its time: the
    period adds them up.

    It does not include queueing behind other requests or loading the model; cold connections are
    in each hop's `cold_s`, not in the latency.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._memory = StageMemory(problem)
        self._prices = HopPrices(problem)
        self._spreads = SpreadPrices(problem)
        self._block_moments: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self._compute = {node.name: StageCompute(node) for node in problem.nodes}
        self._stage_terms: dict[tuple[int, int, tuple[str, ...]], StageTerm] = {}
        self._hop_terms: dict[tuple[tuple[str, ...], tuple[str, ...], int], HopTerm] = {}

    def evaluate(self, plan: Plan) -> Breakdown:
        """The plan's price.

        Raises:
            MismatchError: the plan answers another problem, or does not cover its blocks and nodes.
        """
        _check(self.problem, plan)
        stages = tuple(map(self._stage_term, plan.stages))
        hops = tuple(self._hops_of(plan))
        seconds = [term.compute_s for term in stages] + [term.transfer_s for term in hops]
        return Breakdown(
            origin=Origin.PREDICTED, stages=stages, hops=hops, latency_s=math.fsum(seconds)
        )

    def _stage_term(self, stage: Stage) -> StageTerm:
        """The stage's price, worked out once: plans of one problem share most of their stages."""
        key = stage.start, stage.stop, stage.nodes
        if key not in self._stage_terms:
            self._stage_terms[key] = self._priced_stage(stage)
        return self._stage_terms[key]

    def _priced_stage(self, stage: Stage) -> StageTerm:
        nodes = [self.problem.nodes[self.problem.node_index[name]] for name in stage.nodes]
        span = np.array([stage.start]), np.array([stage.stop])
        peaks = [int(self._memory.stage_bytes(node, *span)[0]) for node in nodes]
        busy_s = [self._compute[node.name].stage_s(stage.start, stage.stop) for node in nodes]
        seconds = [stage_start_s(node) + s for node, s in zip(nodes, busy_s, strict=True)]
        prices = [node.price_per_s * s for node, s in zip(nodes, seconds, strict=True)]
        tightest = max(range(len(nodes)), key=lambda i: peaks[i] - nodes[i].memory_bytes)
        return StageTerm(
            node=stage.node,
            replicas=stage.replicas,
            start=stage.start,
            stop=stage.stop,
            compute_s=max(seconds),
            busy_s=max(busy_s),
            peak_bytes=peaks[tightest],
            cap_bytes=nodes[tightest].memory_bytes,
            price=math.fsum(prices) / len(prices),
            **self._stage_moments(stage, nodes[seconds.index(max(seconds))]),
        )

    def _stage_moments(self, stage: Stage, node: NodeCosts) -> dict[str, float]:
        """Mean and variance on the slowest node, where it is known to vary."""
        if node.spread is None:
            return {}
        span = slice(stage.start, stage.stop)
        mean_s, variance_s2 = self._moments(node)
        return {
            "mean_s": math.fsum((stage_start_s(node), *mean_s[span].tolist())),
            "variance_s2": math.fsum(variance_s2[span].tolist()),
        }

    def _moments(self, node: NodeCosts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of each block on a node, looked up once."""
        if node.name not in self._block_moments:
            spreads = self._spreads
            self._block_moments[node.name] = (
                spreads.block_mean_s(node),
                spreads.block_variance_s2(node),
            )
        return self._block_moments[node.name]

    def _hop_moments(
        self, pairs: list[tuple[str, str]], seconds: list[float], n_bytes: NDArray[np.int64]
    ) -> dict[str, float]:
        """Mean and variance over the slowest link, where it is known to vary."""
        slowest = pairs[seconds.index(max(seconds))]
        if self._spreads.hop_table(*slowest) is None:
            return {}
        return {
            "mean_s": float(self._spreads.hop_mean_s(*slowest, n_bytes)[0]),
            "variance_s2": float(self._spreads.hop_variance_s2(*slowest, n_bytes)[0]),
        }

    def _cold_s(self, pairs: list[tuple[str, str]], n_bytes: NDArray[np.int64]) -> float | None:
        """Over the slowest link, if all of them know it."""
        times_s = [self._prices.cold_s(*pair, n_bytes) for pair in pairs]
        known_s = [float(seconds[0]) for seconds in times_s if seconds is not None]
        return max(known_s) if len(known_s) == len(pairs) else None

    def _media(self, pairs: list[tuple[str, str]]) -> tuple[str | None, ...]:
        media = tuple(self._prices.medium(*pair) for pair in pairs)
        return media if any(media) else ()

    def _hops_of(self, plan: Plan) -> Iterator[HopTerm]:
        """The price of every hop; each is priced once, as stages are."""
        problem, known = self.problem, self._hop_terms
        visited = ((problem.source,), *(stage.nodes for stage in plan.stages), (problem.sink,))
        bounds = (0, *(stage.stop for stage in plan.stages))
        for (senders, receivers), bound in zip(pairwise(visited), bounds, strict=True):
            key = senders, receivers, problem.cut_bytes[bound]
            if key not in known:
                known[key] = self._priced_hop(*key)
            yield known[key]

    def _priced_hop(
        self, senders: tuple[str, ...], receivers: tuple[str, ...], size_bytes: int
    ) -> HopTerm:
        n_bytes = np.array([size_bytes])
        pairs = in_turn(senders, receivers)
        prices = [float(self._prices.price(*pair, n_bytes)[0]) for pair in pairs]
        seconds = [float(self._prices.hop_s(*pair, n_bytes)[0]) for pair in pairs]
        return HopTerm(
            source=senders[0],
            target=receivers[0],
            n_bytes=size_bytes,
            transfer_s=max(seconds),
            busy_s=max(float(self._prices.busy_s(*pair, n_bytes)[0]) for pair in pairs),
            cold_s=self._cold_s(pairs, n_bytes),
            media=self._media(pairs),
            price=math.fsum(prices) / len(prices),
            **self._hop_moments(pairs, seconds, n_bytes),
        )


def evaluate(problem: Problem, plan: Plan) -> Breakdown:
    """Predicts one request's end-to-end latency; see `Evaluator` for the formula and its limits.

    Raises:
        MismatchError: the plan answers another problem, or does not cover its blocks and nodes.
    """
    return Evaluator(problem).evaluate(plan)


def _check(problem: Problem, plan: Plan) -> None:
    if plan.problem_digest != problem.digest:
        raise MismatchError(
            f"the plan answers problem {plan.problem_digest[:12]}, not {problem.digest[:12]}: "
            "plan again with this profile and cluster"
        )
    if plan.stages[-1].stop != problem.n_blocks:
        raise MismatchError(
            f"the plan covers {plan.stages[-1].stop} blocks, the problem has {problem.n_blocks}"
        )
    for stage in plan.stages:
        for name in stage.nodes:
            if name not in problem.node_index:
                raise MismatchError(f"the plan uses {name!r}, which is no node of the problem")
