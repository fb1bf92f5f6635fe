"""Problems whose times vary, and exact distributions of their plans by enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from netmodel.links.spread import TransferSpread
from planner.plan import Plan
from planner.problem import Problem
from planner.spread import BlockSpread


def varied(
    problem: Problem,
    rows_s: dict[str, Sequence[Sequence[float]]],
    ratios: dict[tuple[str, str], Sequence[float]] | None = None,
) -> Problem:
    """The problem with measured rounds on some nodes, and measured ratios on some links."""
    names = list(rows_s)
    nodes = [
        node.model_copy(update={"spread": names.index(node.name) if node.name in names else None})
        for node in problem.nodes
    ]
    links = [
        link.model_copy(update={"spread": TransferSpread(ratios=tuple(of))})
        if (of := (ratios or {}).get((link.source, link.target)))
        else link
        for link in problem.links
    ]
    spreads = tuple(BlockSpread(rows_s=tuple(map(tuple, rows_s[name]))) for name in names)
    return problem.replaced(nodes=tuple(nodes), links=tuple(links), spreads=spreads)


def randomly_varied(problem: Problem, seed: int) -> Problem:
    """Rounds or quantiles on most nodes, where whole rounds are slow, and ratios on most links."""
    rng = np.random.default_rng([seed, 7])
    spreads, nodes = [], []
    for node in problem.nodes:
        if rng.random() < 0.2:
            nodes.append(node)
            continue
        times_s = np.array(node.block_latency_s)
        slowness = rng.lognormal(0, rng.choice([0.02, 0.3, 0.8]), (int(rng.integers(2, 6)), 1))
        rows = times_s * slowness * rng.lognormal(0, 0.1, (len(slowness), len(times_s)))
        levels = ()
        if rng.random() < 0.3:
            rows, levels = np.sort(rows, axis=0), tuple(np.linspace(0.1, 0.9, len(rows)).tolist())
        nodes.append(node.model_copy(update={"spread": len(spreads)}))
        spreads.append(BlockSpread(rows_s=tuple(map(tuple, rows.tolist())), levels=levels))
    links = []
    for link in problem.links:
        ratios = np.sort(rng.lognormal(0, rng.choice([0.05, 0.5]), int(rng.integers(2, 5))))
        kind = rng.random()
        levels = tuple(np.linspace(0.2, 0.95, len(ratios)).tolist()) if kind < 0.3 else ()
        spread = TransferSpread(ratios=tuple(ratios.tolist()), levels=levels)
        links.append(link.model_copy(update={"spread": spread}) if kind < 0.7 else link)
    return problem.replaced(nodes=tuple(nodes), links=tuple(links), spreads=tuple(spreads))


def varied_by_kind(problem: Problem, seed: int) -> Problem:
    """As `randomly_varied`, but nodes of one kind stay equal, and so do links of one model."""
    one_by_one = randomly_varied(problem, seed)
    first_node: dict[str, int | None] = {}
    nodes = []
    for node, other in zip(problem.nodes, one_by_one.nodes, strict=True):
        key = node.model_copy(update={"name": ""}).model_dump_json()
        spread = first_node.setdefault(key, other.spread)
        nodes.append(node.model_copy(update={"spread": spread}))
    first_link: dict[str, TransferSpread | None] = {}
    links = []
    for link, varying in zip(problem.links, one_by_one.links, strict=True):
        ratios = first_link.setdefault(link.model.model_dump_json(), varying.spread)
        links.append(link.model_copy(update={"spread": ratios}))
    used = sorted({node.spread for node in nodes if node.spread is not None})
    nodes = [
        node.model_copy(update={"spread": None if node.spread is None else used.index(node.spread)})
        for node in nodes
    ]
    spreads = tuple(one_by_one.spreads[index] for index in used)
    return problem.replaced(nodes=tuple(nodes), links=tuple(links), spreads=spreads)


def outcomes_s(problem: Problem, plan: Plan) -> np.ndarray:
    """Every latency of a plan of one stage per node, each as likely as the others, sorted.

    For nodes with rounds and links with samples, or nothing.
    """
    parts: list[list[float]] = []
    for stage in plan.stages:
        node = problem.nodes[problem.node_index[stage.node]]
        scale = 1 / node.blocks_over_whole / node.speed
        rows = [node.block_latency_s]
        if node.spread is not None:
            assert not problem.spreads[node.spread].levels
            rows = list(problem.spreads[node.spread].rows_s)
        parts.append([sum(row[stage.start : stage.stop]) * scale for row in rows])
    visited = [problem.source, *(stage.node for stage in plan.stages), problem.sink]
    bounds = [0, *(stage.stop for stage in plan.stages)]
    links = {(link.source, link.target): link for link in problem.links}
    for source, target, bound in zip(visited, visited[1:], bounds, strict=False):
        if source != target:
            link = links[source, target]
            size = np.array([problem.cut_bytes[bound]])
            ratios = [1.0] if link.spread is None else link.spread.ratios
            parts.append([float(link.model.transfer_s(size)[0]) * ratio for ratio in ratios])
    return np.sort([sum(combination) for combination in product(*parts)])


def exact_quantile_s(outcomes: np.ndarray, level: float) -> float:
    """The least outcome that at least this share of the sorted outcomes does not exceed."""
    return float(outcomes[max(int(np.ceil(level * len(outcomes) - 1e-9)), 1) - 1])
