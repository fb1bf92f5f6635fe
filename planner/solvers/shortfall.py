"""Shortfall: the smallest change that makes an infeasible problem feasible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from netmodel.units import format_size
from planner.costs.evaluate import evaluate
from planner.costs.memory import FORBIDDEN_BYTES, StageMemory
from planner.costs.transfer import HopPrices
from planner.limits import Order
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain, best_chain, best_chain_per_count
from planner.solvers.chain_tables import ChainTables, chain_tables
from planner.solvers.reachability import (
    Wiring,
    any_arrivals,
    any_departures,
    arrivals,
    departures,
    is_feasible,
    next_true,
    wiring,
)
from planner.solvers.stage_counts import StageCounts

_FINE_NODE_BLOCKS = 50_000
"""Above so many nodes times blocks, the increase of all caps is searched in coarse steps."""
_COARSE_BYTES = 2**20
_MOST_LAYERED_CELLS = 500_000
"""Above so many nodes times blocks times stages, a given number of stages is not searched."""


@dataclass(frozen=True)
class MoreMemory:
    """The least memory that helps."""

    node: str
    """The node that lacks it; the tightest one if every cap has to grow."""
    extra_bytes: int
    every_node: bool
    """More on one node alone never helps; so much more on every node does."""
    is_least: bool = True
    """One byte less does not help. False for very large problems: within 1 MiB of the least."""


@dataclass(frozen=True)
class Shortfall:
    """What would help an infeasible problem; each cure alone, unless neither is one."""

    memory: MoreMemory | None
    """None if no amount of memory helps."""
    links: tuple[tuple[str, str], ...]
    """Fewest missing links with which the caps as they are suffice; empty if none do."""


def infeasible_reason(problem: Problem, counts: StageCounts) -> str:
    """Why no plan with so many stages holds all limits, and what would help."""
    if (impossible := counts.impossible_reason(problem)) is not None:
        return impossible
    if (unrunnable := unrunnable_reason(problem)) is not None:
        return unrunnable
    subject = f"no {counts.describe(problem)}"
    cells = len(problem.nodes) * problem.n_blocks * counts.most
    if not counts.is_unlimited(problem) and cells > _MOST_LAYERED_CELLS:
        return f"{subject} fits; the smallest change that helps is not searched at this size"
    return f"{subject} {explain(problem, counts, find_shortfall(problem, counts))}"


def find_shortfall(problem: Problem, counts: StageCounts) -> Shortfall:
    """The least memory and the fewest links that help a problem without a feasible plan."""
    wires, tables = wiring(problem), chain_tables(problem)
    return Shortfall(
        memory=_more_memory(problem, wires, tables, counts),
        links=_missing_links(problem, wires, tables, counts),
    )


def find_more_memory(problem: Problem, counts: StageCounts) -> MoreMemory | None:
    """The least memory that helps a problem without a feasible plan; none if none does."""
    return _more_memory(problem, wiring(problem), chain_tables(problem), counts)


def explain(problem: Problem, counts: StageCounts, shortfall: Shortfall) -> str:
    """The shortfall in words, as they follow `no plan`."""
    memory, links = shortfall.memory, " and ".join(f"{a} -> {b}" for a, b in shortfall.links)
    links = f"{'links' if len(shortfall.links) > 1 else 'a link'} {links}" if links else ""
    if memory is not None:
        alternative = f"; so would {links}" if links else ""
        return f"fits the memory caps: {_memory_text(memory)}{alternative}"
    if links:
        return f"can be carried over the links: one would fit with {links}"
    can_hold_all = not problem.nodes[problem.node_index[problem.source]].cannot_run
    is_single = counts.least == 1 and can_hold_all
    advice = f"; a link {problem.source} -> {problem.sink} and more memory on {problem.source!r} do"
    order = " in the nodes' listed order" if problem.limits.order is Order.LISTED else ""
    return (
        f"is possible: the links lead none from {problem.source!r} to {problem.sink!r}{order}, "
        f"and {caps_in_words(problem)} forbid each even if all nodes were linked"
        f"{advice if is_single else ''}"
    )


def caps_in_words(problem: Problem) -> str:
    """The memory caps, and with them the blocks that nodes cannot run, if there are any."""
    unable = [
        f"{node.name!r}: {', '.join(map(str, sorted(node.cannot_run)))}"
        for node in problem.nodes
        if node.cannot_run
    ]
    blocks = f" and the blocks that nodes cannot run ({'; '.join(unable)})" if unable else ""
    return f"the memory caps{blocks}"


def unrunnable_reason(problem: Problem) -> str | None:
    """Why no links and no memory help: a block that no node can run; none if each has one."""
    nobody = set(range(problem.n_blocks))
    for node in problem.nodes:
        nobody &= set(node.cannot_run)
    return f"no node can run block {min(nobody)}" if nobody else None


def _memory_text(memory: MoreMemory) -> str:
    amount = f"{memory.extra_bytes:,} bytes ({format_size(memory.extra_bytes)})"
    least = "" if memory.is_least else ", at most 1 MiB more than needed"
    if memory.every_node:
        return (
            "more memory on one node alone does not help; "
            f"every node lacks {amount}{least}, and {memory.node!r} is the tightest"
        )
    return f"node {memory.node!r} lacks {amount}{least}; with that a plan would fit"


def _more_memory(
    problem: Problem, wires: Wiring, tables: ChainTables, counts: StageCounts
) -> MoreMemory | None:
    if not is_feasible(wires, _roomy_stops(problem), counts):
        return None
    needed = _needed_per_node(problem, wires, tables, counts)
    if needed:
        extra, index = min(needed)
        return MoreMemory(problem.nodes[index].name, extra, every_node=False)
    return _more_on_every_node(problem, wires, tables, counts)


def _needed_per_node(
    problem: Problem, wires: Wiring, tables: ChainTables, counts: StageCounts
) -> list[tuple[int, int]]:
    """Least bytes that each node lacks if all others keep their caps, with the node's place.

    A plan that helps has one stage on the node, from a boundary that the nodes before it can
    reach to one from which the nodes after it can finish. Memory grows with the stop, so for each
    start only the nearest such stop can need least.
    """
    memory = StageMemory(problem)
    needed: dict[int, int] = {}
    for arrive, leave in _joins(wires, tables.stops, counts, anything=counts.is_unlimited(problem)):
        nearest = next_true(leave)
        for index, node in enumerate(problem.nodes):
            starts = np.flatnonzero(arrive[index, :-1] & (nearest[index] <= problem.n_blocks))
            if len(starts):
                peak = memory.stage_bytes(node, starts, nearest[index, starts])
                extra = int(peak.min()) - node.memory_bytes
                if peak.min() < FORBIDDEN_BYTES:
                    needed[index] = min(extra, needed.get(index, extra))
    return [(extra, index) for index, extra in needed.items()]


def _joins(
    wires: Wiring, stops: NDArray[np.int64], counts: StageCounts, *, anything: bool
) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """What can come before and after one stage so that the stages together are in `counts`."""
    if anything:
        return [(any_arrivals(wires, stops), any_departures(wires, stops))]
    before, after = arrivals(wires, stops, counts.most), departures(wires, stops, counts.most)
    joins = []
    for k, arrive in enumerate(before):
        leave = [later for m, later in enumerate(after) if k + 1 + m in counts]
        if leave:
            joins.append((arrive, np.any(leave, axis=0)))
    return joins


def _more_on_every_node(
    problem: Problem, wires: Wiring, tables: ChainTables, counts: StageCounts
) -> MoreMemory:
    """Bisects the equal increase; with every node able to hold everything, some plan fits."""
    memory = StageMemory(problem)
    step = 1 if tables.stops.size <= _FINE_NODE_BLOCKS else _COARSE_BYTES
    # The whole need not take the most: a later start may receive a larger message.
    starts = np.arange(problem.n_blocks)
    rests = starts, np.full_like(starts, problem.n_blocks)
    high = max(
        int(memory.stage_bytes(node, *rests).max()) - node.memory_bytes for node in problem.nodes
    )
    low = 0
    while high - low > step:
        middle = (low + high) // 2
        if is_feasible(wires, _stops_with(problem, memory, middle), counts):
            high = middle
        else:
            low = middle
    chain, *_ = _chains(problem, replace(tables, stops=_stops_with(problem, memory, high)), counts)
    node, extra = _tightest(problem, chain)
    return MoreMemory(node, extra, every_node=True, is_least=step == 1)


def _roomy_stops(problem: Problem) -> NDArray[np.int64]:
    memory = StageMemory(problem)
    return np.array([memory.runnable_stops(node) for node in problem.nodes])


def _stops_with(problem: Problem, memory: StageMemory, extra_bytes: int) -> NDArray[np.int64]:
    return np.array(
        [memory.farthest_stops(node, node.memory_bytes + extra_bytes) for node in problem.nodes]
    )


def _tightest(problem: Problem, chain: Chain) -> tuple[str, int]:
    missing = evaluate(problem, problem.plan(chain.cuts, _names(problem, chain))).missing_bytes
    tightest = max(missing, key=missing.__getitem__)
    return tightest, missing[tightest]


def _missing_links(
    problem: Problem, wires: Wiring, tables: ChainTables, counts: StageCounts
) -> tuple[tuple[str, str], ...]:
    """Fewest links to add: the same recurrence, where a missing link costs 1 and all else 0.

    Only the link from the source to the sink can serve twice, at both ends: it is tried for free.
    """
    everyone = np.ones_like(wires.entry)
    complete = Wiring(everyone, everyone, np.triu(np.ones_like(wires.between), k=1))
    if wires.is_complete or not is_feasible(complete, tables.stops, counts):
        return ()

    def between(source: int, target: int) -> NDArray[np.float64]:
        return np.full(problem.n_blocks + 1, float(not wires.between[source, target]))

    entry, exit_ = (~wires.entry).astype(np.float64), (~wires.exit).astype(np.float64)
    missing = ChainTables(
        prefix=np.zeros_like(tables.prefix),
        stops=tables.stops,
        entry=entry,
        exit=exit_,
        between=between,
    )
    place, index = np.arange(len(entry)), problem.node_index
    twice = replace(
        missing,
        entry=np.where(place == index[problem.sink], 0.0, entry),
        exit=np.where(place == index[problem.source], 0.0, exit_),
    )
    chains = [chain for tables in (missing, twice) for chain in _chains(problem, tables, counts)]
    return min((unlinked_hops(problem, chain.nodes) for chain in chains), key=len)


def unlinked_hops(problem: Problem, nodes: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Missing links on the way from source to sink over nodes by their place, each once."""
    names = [problem.nodes[n].name for n in nodes]
    prices = HopPrices(problem)
    hops = dict.fromkeys(pairwise((problem.source, *names, problem.sink)))
    return tuple(hop for hop in hops if not prices.is_linked(*hop))


def _chains(problem: Problem, tables: ChainTables, counts: StageCounts) -> list[Chain]:
    """The best chain of each number of stages, of tables that are known to have one."""
    if counts.is_unlimited(problem):
        found = [best_chain(tables)]
    else:
        found = best_chain_per_count(tables, counts.most)[counts.least - 1 :]
    chains = [chain for chain in found if chain is not None]
    if not chains:
        raise RuntimeError("reachability and the recurrence disagree: please report this problem")
    return chains


def _names(problem: Problem, chain: Chain) -> tuple[str, ...]:
    return tuple(problem.nodes[n].name for n in chain.nodes)
