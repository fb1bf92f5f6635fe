"""Coarsening: a problem with only some of its boundaries left to cut at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from planner.plan import Plan
from planner.problem import MeasuredStage, NodeCosts, Problem
from planner.spread import BlockSpread
from profiler.profile_records import SharedWeight


def coarsened(problem: Problem, cuts: Sequence[int]) -> Problem:
    """The problem whose blocks are runs of the given problem's blocks.

    Every plan of it is a plan of the given problem at the same price, up to rounding; `refined`
    translates it.

    Args:
        problem: the finer one.
        cuts: inner boundaries that stay, in ascending order.
    """
    bounds = (0, *cuts, problem.n_blocks)
    owner = [run for run, (start, stop) in enumerate(pairwise(bounds)) for _ in range(start, stop)]
    repeats = [0] * (len(bounds) - 1)
    for weight in problem.shared:
        for first, second in pairwise(owner[block] for block in weight.blocks):
            repeats[first] += weight.n_bytes if first == second else 0
    weights = _sums(problem.weight_bytes, bounds)
    return problem.replaced(
        positions=tuple(problem.positions[bound] for bound in bounds),
        cut_tensors=tuple(problem.cut_tensors[bound] for bound in bounds),
        cut_bytes=tuple(problem.cut_bytes[bound] for bound in bounds),
        weight_bytes=tuple(w - r for w, r in zip(weights, repeats, strict=True)),
        live_bytes=tuple(max(problem.live_bytes[a:b]) for a, b in pairwise(bounds)),
        workspace_bytes=_workspace(problem, bounds),
        load_bytes=tuple(max(problem.load_bytes[a:b], default=0) for a, b in pairwise(bounds)),
        shared=tuple(_shared(problem, owner)),
        nodes=tuple(_node(node, bounds) for node in problem.nodes),
        spreads=tuple(_spread(spread, bounds) for spread in problem.spreads),
    )


def refined(problem: Problem, plan: Plan) -> Plan:
    """A coarsened problem's plan as a plan of the finer problem."""
    place = {position: block for block, position in enumerate(problem.positions)}
    return problem.plan(
        tuple(place[stage.op_start] for stage in plan.stages[1:]),
        tuple(stage.node for stage in plan.stages),
        tuple(stage.replicas for stage in plan.stages),
    )


def _sums(values: Sequence[int], bounds: Sequence[int]) -> list[int]:
    return [sum(values[start:stop]) for start, stop in pairwise(bounds)]


def _workspace(problem: Problem, bounds: Sequence[int]) -> tuple[int, ...]:
    """What a run's blocks need beside its most live bytes, which may be another block's."""
    live, workspace = problem.live_bytes, problem.workspace_bytes or (0,) * problem.n_blocks
    needed = [a + b for a, b in zip(live, workspace, strict=True)]
    return tuple(max(needed[a:b]) - max(live[a:b]) for a, b in pairwise(bounds))


def _node(node: NodeCosts, bounds: Sequence[int]) -> NodeCosts:
    runs = list(pairwise(bounds))
    cannot = [r for r, (a, b) in enumerate(runs) if any(a <= x < b for x in node.cannot_run)]
    return node.model_copy(
        update={
            "block_latency_s": tuple(sum(node.block_latency_s[a:b]) for a, b in runs),
            "cannot_run": tuple(cannot),
            "measured_stages": tuple(_measured(node, bounds)),
        }
    )


def _measured(node: NodeCosts, bounds: Sequence[int]) -> Iterator[MeasuredStage]:
    """The measured stages that can still be cut out."""
    place = {bound: run for run, bound in enumerate(bounds)}
    for stage in node.measured_stages:
        if stage.start in place and stage.stop in place:
            ends = {"start": place[stage.start], "stop": place[stage.stop]}
            yield stage.model_copy(update=ends)


def _spread(spread: BlockSpread, bounds: Sequence[int]) -> BlockSpread:
    """Rows belong together, so that a run's entry is the sum of its blocks'."""
    runs = list(pairwise(bounds))
    rows_s = tuple(tuple(sum(row[a:b]) for a, b in runs) for row in spread.rows_s)
    return BlockSpread(rows_s=rows_s, levels=spread.levels)


def _shared(problem: Problem, owner: Sequence[int]) -> list[SharedWeight]:
    """Weights that blocks in several runs still share."""
    shared = []
    for weight in problem.shared:
        runs = tuple(dict.fromkeys(owner[block] for block in weight.blocks))
        if len(runs) > 1:
            shared.append(weight.model_copy(update={"blocks": runs}))
    return shared
