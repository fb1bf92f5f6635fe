"""Free shortfall: the smallest change that makes an infeasible problem in free order feasible."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from netmodel.units import format_size
from planner.costs.evaluate import evaluate
from planner.costs.memory import FORBIDDEN_BYTES, StageMemory
from planner.problem import Problem
from planner.solvers.any_order.enough_memory import enough_memory
from planner.solvers.any_order.relaxed_chain import RelaxedChain, TypeWalk
from planner.solvers.any_order.stage_bounds import stage_bounds, unit_tables
from planner.solvers.any_order.type_tables import TypeTables, type_tables
from planner.solvers.any_order.typed_reach import missing_stages
from planner.solvers.any_order.typed_table import TypedTable, table_cells
from planner.solvers.budget import Budget
from planner.solvers.shortfall import (
    MoreMemory,
    Shortfall,
    explain,
    unlinked_hops,
    unrunnable_reason,
)
from planner.solvers.stage_counts import StageCounts

_MOST_CELLS = 2**24
"""Above so many values in the table over used nodes, only necessary changes are named."""
_FINE_CELLS = 2**16
"""Above so many values, the increase of all caps is searched in coarse steps."""
_COARSE_BYTES = 2**20


def free_infeasible_reason(problem: Problem, counts: StageCounts, budget: Budget) -> str:
    """Why no plan of nodes in any order holds all limits, and what would help."""
    if (impossible := counts.impossible_reason(problem)) is not None:
        return impossible
    if (unrunnable := unrunnable_reason(problem)) is not None:
        return unrunnable
    subject = f"no {counts.describe(problem)}"
    if table_cells(problem) <= _MOST_CELLS:
        found = find_free_shortfall(problem, counts, budget)
        if found is not None:
            return f"{subject} {explain(problem, counts, found)}"
        return f"{subject} fits; there was no time to search the smallest change that helps"
    return f"{subject} fits{_necessary_text(problem, counts, budget)}"


def find_free_shortfall(
    problem: Problem, counts: StageCounts, budget: Budget | None = None
) -> Shortfall | None:
    """The least memory and the fewest links that help; none if the budget ended before.

    It fills the table over used nodes: for few nodes, or nodes of few types.
    """
    budget = budget or Budget()
    tables = unit_tables(type_tables(problem))
    if (needed := bytes_per_node(problem, counts, budget)) is None:
        return None
    memory: MoreMemory | None = None
    if needed:
        extra, index = min((extra, index) for index, extra in needed.items())
        memory = MoreMemory(problem.nodes[index].name, extra, every_node=False)
    elif _walk(_roomy(problem, tables), counts, budget) is not None:
        memory = _more_on_every_node(problem, tables, counts, budget)
    links = _missing_links(problem, tables, counts, budget)
    return None if budget.spent else Shortfall(memory, links)


def bytes_per_node(
    problem: Problem, counts: StageCounts, budget: Budget | None = None
) -> dict[int, int] | None:
    """Least bytes that each node lacks if all others keep their caps, by the node's place.

    Nodes that more memory does not make enough are left out. None if the budget ended before.
    """
    tables, memory = unit_tables(type_tables(problem)), StageMemory(problem)
    table = TypedTable(tables, counts)
    if not table.fill(budget or Budget()):
        return None
    needed: dict[int, int] = {}
    for nodes, stages in zip(tables.members, missing_stages(tables, table), strict=True):
        start, stop = np.nonzero(stages)
        if len(start):
            node = problem.nodes[nodes[0]]
            peak = int(memory.stage_bytes(node, start, stop).min())
            if peak < FORBIDDEN_BYTES:
                needed |= {index: peak - node.memory_bytes for index in nodes}
    return needed


def _walk(tables: TypeTables, counts: StageCounts, budget: Budget) -> TypeWalk | None:
    table = TypedTable(tables, counts)
    return table.best_walk() if table.fill(budget) else None


def _roomy(problem: Problem, tables: TypeTables) -> TypeTables:
    memory = StageMemory(problem)
    stops = [memory.runnable_stops(problem.nodes[members[0]]) for members in tables.members]
    return replace(tables, stops=np.array(stops))


def _with_more(problem: Problem, tables: TypeTables, extra_bytes: int) -> TypeTables:
    memory = StageMemory(problem)
    nodes = [problem.nodes[members[0]] for members in tables.members]
    stops = [memory.farthest_stops(node, node.memory_bytes + extra_bytes) for node in nodes]
    return replace(tables, stops=np.array(stops))


def _more_on_every_node(
    problem: Problem, tables: TypeTables, counts: StageCounts, budget: Budget
) -> MoreMemory | None:
    """Bisects the equal increase; with every node able to hold everything, some plan fits."""
    memory, whole = StageMemory(problem), (np.array([0]), np.array([problem.n_blocks]))
    step = 1 if table_cells(problem) <= _FINE_CELLS else _COARSE_BYTES
    low, high = 0, max(
        int(memory.stage_bytes(node, *whole)[0]) - node.memory_bytes for node in problem.nodes
    )  # fmt: skip
    while high - low > step and not budget.spent:
        middle = (low + high) // 2
        if _walk(_with_more(problem, tables, middle), counts, budget) is not None:
            high = middle
        else:
            low = middle
    walk = _walk(_with_more(problem, tables, high), counts, budget)
    if walk is None:
        return None
    chain = tables.chain(walk.cuts, walk.types)
    plan = problem.plan(chain.cuts, tuple(problem.nodes[n].name for n in chain.nodes))
    missing = evaluate(problem, plan).missing_bytes
    node = max(missing, key=missing.__getitem__)
    return MoreMemory(node, missing[node], every_node=True, is_least=step == 1)


def _missing_links(
    problem: Problem, tables: TypeTables, counts: StageCounts, budget: Budget
) -> tuple[tuple[str, str], ...]:
    """Fewest links to add: a missing one has the price 1 and all else none.

    Only the link from the source to the sink can serve twice, at both ends: it is tried for free.
    """
    hop = np.where(np.isfinite(tables.hop), 0.0, 1.0)
    alone = np.flatnonzero(tables.counts == 1)
    hop[:, alone, alone] = np.inf
    priced = replace(
        tables, entry=_is_missing(tables.entry), exit=_is_missing(tables.exit), hop=hop
    )
    source, sink = problem.node_index[problem.source], problem.node_index[problem.sink]
    twice = replace(
        priced,
        entry=np.where([sink in nodes for nodes in tables.members], 0.0, priced.entry),
        exit=np.where([source in nodes for nodes in tables.members], 0.0, priced.exit),
    )
    walks = (_walk(priced, counts, budget), _walk(twice, counts, budget))
    chains = [tables.chain(walk.cuts, walk.types) for walk in walks if walk is not None]
    return min((unlinked_hops(problem, chain.nodes) for chain in chains), key=len, default=())


def _is_missing(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(prices), 0.0, 1.0)


def _necessary_text(problem: Problem, counts: StageCounts, budget: Budget) -> str:
    """What any remedy of a large problem has to do, from the relaxation that reuses nodes."""
    tables = unit_tables(type_tables(problem))
    if not _relaxed_fits(_roomy(problem, tables), budget):
        return f": the links lead none from {problem.source!r} to {problem.sink!r}"
    if _relaxed_fits(tables, budget):
        fewest = stage_bounds(tables, counts, budget).fewest
        if counts.most < fewest < inf:
            return (
                f" the memory caps: they need at least {fewest:.0f} stages"
                f"{_enough_text(problem, counts, budget)}"
            )
        return (
            " the memory caps: each part has a node that holds it, but no order of the nodes "
            f"holds all{_enough_text(problem, counts, budget)}"
        )
    extra = _relaxed_shortage_bytes(problem, tables, budget)
    return (
        f" the memory caps: even if nodes could be used again, every node would lack "
        f"{extra:,} bytes ({format_size(extra)}), at most 1 MiB more than needed"
        f"{_enough_text(problem, counts, budget)}"
    )


def _enough_text(problem: Problem, counts: StageCounts, budget: Budget) -> str:
    memory = enough_memory(problem, counts, budget)
    if memory is None:
        return "; a change that helps was not found at this size"
    amount = f"{memory.extra_bytes:,} more bytes ({format_size(memory.extra_bytes)})"
    where = "every node" if memory.every_node else f"node {memory.node!r}"
    return f"; with {amount} on {where} a plan would fit: enough, and perhaps not the least change"


def _relaxed_fits(tables: TypeTables, budget: Budget) -> bool:
    relaxed = RelaxedChain(tables)
    found = relaxed.completions(np.zeros(len(tables.members)), budget)
    return found is not None and bool(np.isfinite(found.value))


def _relaxed_shortage_bytes(problem: Problem, tables: TypeTables, budget: Budget) -> int:
    memory, whole = StageMemory(problem), (np.array([0]), np.array([problem.n_blocks]))
    low, high = 0, max(
        int(memory.stage_bytes(node, *whole)[0]) - node.memory_bytes for node in problem.nodes
    )  # fmt: skip
    while high - low > _COARSE_BYTES and not budget.spent:
        middle = (low + high) // 2
        if _relaxed_fits(_with_more(problem, tables, middle), budget):
            high = middle
        else:
            low = middle
    return high
