"""Node orders: plans with one stage a node at most, in orders that look good; a quick start.

Every plan that the chain recurrence finds for some order of the nodes is a plan of the class with
revisits, and it holds all memory caps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.objectives import Objective
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain, best_chain
from planner.solvers.chain_tables import ChainTables, chain_tables
from planner.solvers.revisit.incumbent import Incumbent

_Ints = NDArray[np.int64]


def offer_ordered_plans(
    problem: Problem,
    objective: Objective,
    walks: Sequence[Chain],
    incumbent: Incumbent,
    budget: Budget,
) -> None:
    """Offers the best plan of several orders, until the time is up.

    Args:
        problem: blocks, nodes and links.
        objective: an additive one.
        walks: their orders of first visits are tried, the last one's first.
        incumbent: takes the plans.
        budget: when to stop.
    """
    tables = chain_tables(problem, objective)
    for order in _orders(tables, walks):
        if budget.spent:
            break
        chain = best_chain(_in_order(tables, order))
        if chain is not None:
            incumbent.offer(Chain(chain.cuts, tuple(int(order[n]) for n in chain.nodes)))


def _orders(tables: ChainTables, walks: Sequence[Chain]) -> Iterator[_Ints]:
    """Without repeats: as the walks come by, then fastest first and last, and as listed."""
    total = tables.prefix[:, -1]
    by_speed = [int(n) for n in np.argsort(total, kind="stable")]
    seen: set[tuple[int, ...]] = set()
    listed = list(range(len(total)))
    visits = [list(dict.fromkeys(walk.nodes)) for walk in reversed(walks)]
    for first in (*visits[:_MOST_WALKS], [], by_speed[::-1], listed):
        order = tuple(first + [n for n in by_speed if n not in first])
        if order not in seen:
            seen.add(order)
            yield np.array(order)


_MOST_WALKS = 4


def _in_order(tables: ChainTables, order: _Ints) -> ChainTables:
    """The tables with their nodes in another order."""
    return ChainTables(
        prefix=tables.prefix[order],
        stops=tables.stops[order],
        entry=tables.entry[order],
        exit=tables.exit[order],
        between=lambda a, b: tables.between(int(order[a]), int(order[b])),
        stages=lambda n: tables.stages(int(order[n])),
    )
