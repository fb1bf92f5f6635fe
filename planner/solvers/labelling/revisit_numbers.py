"""Numbers of labels where nodes come again: loads and memory add up per node and per wire.

Teams are single nodes here, and go by their place in the list.
"""

from __future__ import annotations

from math import inf

import numpy as np

from planner.objectives import ObjectiveKind
from planner.solvers.labelling.label_numbers import Floats, Ints, Number, StageCost, with_slack
from planner.solvers.period.team_tables import Of, TeamTables


def visits(tables: TeamTables) -> list[Number]:
    """For each node, 1 if it runs a stage."""
    n_nodes = len(tables.nodes)
    return [
        _number(tables, ObjectiveKind.NODES, _visit(node), is_max=True) for node in range(n_nodes)
    ]


def memory(tables: TeamTables) -> list[Number]:
    """Bytes on each node whose cap could bind when it holds several stages."""
    blocks = np.arange(tables.problem.n_blocks)
    return [
        _number(tables, None, _bytes(tables, index), float(node.memory_bytes))
        for index, node in enumerate(tables.nodes)
        # All blocks in stages of their own take the most memory.
        if tables.memory.stage_bytes(node, blocks, blocks + 1).sum() > node.memory_bytes
    ]


def loads(tables: TeamTables, limit_s: float | None) -> list[Number]:
    """Seconds per request of each node and of each direction of a wire."""
    limit, index = with_slack(limit_s), tables.problem.node_index
    ends = sorted({(index[link.source], index[link.target]) for link in tables.problem.links})
    busy = ObjectiveKind.THROUGHPUT
    of_nodes = [_number(tables, busy, _compute(tables, n), limit) for n in range(len(index))]
    return of_nodes + [_wire(tables, a, b, limit) for a, b in ends]


def _visit(node: int) -> StageCost:
    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return np.full(np.broadcast(starts, stops).shape, float(team == node))

    return stage


def _bytes(tables: TeamTables, node: int) -> StageCost:
    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        shape = np.broadcast(starts, stops).shape
        if team != node:
            return np.zeros(shape)
        spans = np.broadcast_to(starts, shape), np.broadcast_to(stops, shape)
        return tables.memory.stage_bytes(tables.nodes[node], *spans).astype(np.float64)

    return stage


def _compute(tables: TeamTables, node: int) -> StageCost:
    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return tables.stage_s(node, starts, stops) * float(team == node)

    return stage


def _wire(tables: TeamTables, source: int, target: int, limit: float) -> Number:
    problem, nodes = tables.problem, np.arange(len(tables.nodes))
    no_hop = np.zeros(problem.n_blocks + 1)
    is_entry = (nodes == target) & (problem.node_index[problem.source] == source)
    is_exit = (nodes == source) & (problem.node_index[problem.sink] == target)

    def stage(team: int, starts: Ints, stops: Ints) -> Floats:
        return np.zeros(np.broadcast(starts, stops).shape)

    def hop(team: int, other: int) -> Floats:
        if (team, other) != (source, target):
            return no_hop
        costs: Floats = tables.hop(Of.BUSY, team, other)
        return costs

    return Number(
        ObjectiveKind.THROUGHPUT,
        stage,
        hop,
        entry=np.where(is_entry, tables.entry(Of.BUSY), 0.0),
        exit=np.where(is_exit, tables.exit(Of.BUSY), 0.0),
        limit=limit,
    )


def _number(
    tables: TeamTables,
    kind: ObjectiveKind | None,
    stage: StageCost,
    limit: float = inf,
    *,
    is_max: bool = False,
) -> Number:
    """A number that only stages change."""
    no_hop, nothing = np.zeros(tables.problem.n_blocks + 1), np.zeros(len(tables.nodes))
    return Number(kind, stage, lambda team, other: no_hop, nothing, nothing, limit, is_max)
