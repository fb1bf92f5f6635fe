"""The price of a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm
from planner.costs.compute import block_compute_s
from planner.costs.memory import StageMemory
from planner.costs.transfer import HopPrices
from planner.errors import MismatchError
from planner.plan import Plan, Stage
from planner.problem import Problem


class Evaluator:
    """Prices plans of one problem; quicker than `evaluate` for many plans.

    It predicts one request's end-to-end latency, term by term, in seconds and bytes:

        L = hop(source, n_1, in_bytes) + Σ_k compute(n_k, stage_k)
            + Σ_k hop(n_k, n_k+1, cut_bytes_k) + hop(n_K, sink, out_bytes)

    The terms are added in exact arithmetic and rounded once, so the sum does not depend on their
    order. A plan that breaks memory caps is priced all the same (`Breakdown.fits` tells), and one
    that sends over a missing link takes infinite time.

    It does not include queueing behind other requests, cold connections, or loading the model. A
    node that holds several stages runs a process for each, and its cap holds for each.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._memory = StageMemory(problem)
        self._prices = HopPrices(problem)
        self._block_s = {node.name: block_compute_s(node) for node in problem.nodes}

    def evaluate(self, plan: Plan) -> Breakdown:
        """The plan's price.

        Raises:
            MismatchError: the plan answers another problem, or does not cover its blocks and nodes.
        """
        _check(self._problem, plan)
        stages = tuple(self._stage_term(stage) for stage in plan.stages)
        hops = tuple(self._hop_terms(plan))
        seconds = [term.compute_s for term in stages] + [term.transfer_s for term in hops]
        return Breakdown(
            origin=Origin.PREDICTED, stages=stages, hops=hops, latency_s=math.fsum(seconds)
        )

    def _stage_term(self, stage: Stage) -> StageTerm:
        node = self._problem.nodes[self._problem.node_index[stage.node]]
        peak = self._memory.stage_bytes(node, np.array([stage.start]), np.array([stage.stop]))
        return StageTerm(
            node=stage.node,
            start=stage.start,
            stop=stage.stop,
            compute_s=math.fsum(self._block_s[stage.node][stage.start : stage.stop].tolist()),
            peak_bytes=int(peak[0]),
            cap_bytes=node.memory_bytes,
        )

    def _hop_terms(self, plan: Plan) -> Iterator[HopTerm]:
        problem = self._problem
        visited = (problem.source, *(stage.node for stage in plan.stages), problem.sink)
        bounds = (0, *(stage.stop for stage in plan.stages))
        for (source, target), bound in zip(pairwise(visited), bounds, strict=True):
            n_bytes = problem.cut_bytes[bound]
            seconds = self._prices.hop_s(source, target, np.array([n_bytes]))
            yield HopTerm(
                source=source, target=target, n_bytes=n_bytes, transfer_s=float(seconds[0])
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
        if stage.node not in problem.node_index:
            raise MismatchError(f"the plan uses {stage.node!r}, which is no node of the problem")
