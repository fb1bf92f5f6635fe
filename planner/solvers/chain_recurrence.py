"""The recurrence over nodes in a fixed order and boundaries of a chain.

Legend: n, q are nodes, i, j boundaries, B the last one, C_n[j] = compute time of the blocks before
j on n, stop_n[i] = the farthest stop of a stage that starts at i and fits n.

    g_n[i] = hop(source, n) if i = 0 else min over q < n of f_q[i] + hop(q, n, cut_bytes[i])
    f_n[j] = C_n[j] + min over i < j <= stop_n[i] of (g_n[i] - C_n[i])
    value  = min over n of f_n[B] + hop(n, sink)

On a node with measured stages, C_n[j] - C_n[i] becomes the time of the stage [i, j) itself; the
minimum is then taken start by start, in O(B²) instead of O(B log B).

With a stage count, f and g carry it as a layer: g of k stages reads f of k - 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from planner.solvers.budget import Budget
from planner.solvers.chain_tables import ChainTables
from planner.solvers.window_minimum import window_minimum

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_MOST_KEPT_CELLS = 20_000_000
"""Prices of hops, 160 MB; above so many, each number of stages computes them again."""


@dataclass(frozen=True)
class Chain:
    """Where to cut, and the nodes of the parts by their place in the order."""

    cuts: tuple[int, ...]
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class _Choices:
    """What each minimum chose; [N, B + 1]."""

    start: NDArray[np.int32]
    """Of a stage that ends here."""
    previous: NDArray[np.int16]
    """Node before a stage that starts here."""


@dataclass(frozen=True)
class ChainSearch:
    """What a search found within its time."""

    chains: tuple[Chain | None, ...]
    """The best of any number of stages, or of 1, 2, … stages."""
    is_complete: bool
    """Whether each is best of all; else the last one is best of those of the first nodes."""


def best_chain(tables: ChainTables) -> Chain | None:
    """A chain of least value with any number of stages; none if nothing fits. O(N² B + N B log B).

    Equal values, as computed: the fewest stages win, then the earliest nodes from the back, then
    the earliest start of the last stage.
    """
    return search_chain(tables, Budget()).chains[0]


def best_chain_per_count(tables: ChainTables, most: int) -> list[Chain | None]:
    """A chain of least value for exactly 1, 2, …, `most` stages. O(most · (N² B + N B log B))."""
    return list(search_counts(tables, most, Budget()).chains)


def search_chain(tables: ChainTables, budget: Budget) -> ChainSearch:
    """As `best_chain`; when the time is over, of the nodes that were looked at so far."""
    value, count, choices = _empty(tables)
    is_complete = True
    for n in range(len(value)):
        if budget.spent:
            is_complete = False
            break
        through = _through(tables, value[:n], n)
        arrival, stages = _arrivals(tables, through, count[:n], n, choices.previous[n])
        value[n], count[n] = _stages_on(tables, n, arrival, stages, choices.start[n])
    last = _last_node(value[:, -1] + tables.exit, count[:, -1])
    chain = None if last is None else _walk_back(repeat(choices), last)
    return ChainSearch((chain,), is_complete)


def search_counts(
    tables: ChainTables, most: int, budget: Budget, *, enough: int | None = None
) -> ChainSearch:
    """As `best_chain_per_count`; ends early when the time is over.

    Args:
        tables: prices.
        most: stages.
        budget: when to stop; the count that was being searched is then left out.
        enough: ends with the first count from this one on that has a chain, if given.
    """
    hops = _Hops(tables)
    before: _Floats | None = None
    layers: list[_Choices] = []
    best: list[Chain | None] = []
    for _ in range(most):
        found = _layer(tables, hops, before, budget=budget)
        if found is None:
            return ChainSearch(tuple(best), is_complete=False)
        before, layer = found
        layers.append(layer)
        last = _last_node(before[:, -1] + tables.exit, np.zeros(len(before), dtype=np.int64))
        best.append(None if last is None else _walk_back(reversed(layers), last))
        if enough is not None and len(best) >= enough and last is not None:
            break
    return ChainSearch(tuple(best), is_complete=True)


class _Hops:
    """Prices of hops to a node from each before it, kept for the next layer if they are few."""

    def __init__(self, tables: ChainTables) -> None:
        n_nodes, n_bounds = tables.prefix.shape
        self._tables, self._kept = tables, dict[int, _Floats]()
        self._keeps = n_nodes * (n_nodes - 1) // 2 * n_bounds <= _MOST_KEPT_CELLS

    def into(self, n: int) -> _Floats:
        """[n, B]: at each boundary but the last."""
        found = self._kept.get(n)
        if found is None:
            found = np.array([self._tables.between(q, n)[:-1] for q in range(n)])
            if self._keeps:
                self._kept[n] = found
        return found


def _layer(
    tables: ChainTables, hops: _Hops, before: _Floats | None, *, budget: Budget
) -> tuple[_Floats, _Choices] | None:
    """Values with one stage more than before; none if the time is over."""
    value, count, choices = _empty(tables)
    for n in range(len(value)):
        if budget.spent:
            return None
        through = None
        if before is not None and n and np.isfinite(before[:n]).any():
            through = hops.into(n) + before[:n, :-1]
        arrival, _ = _arrivals(tables, through, count[:n], n, choices.previous[n])
        if before is not None:
            arrival[0] = np.inf
        value[n], _ = _stages_on(tables, n, arrival, count[n, :-1], choices.start[n])
    return value, choices


def _empty(tables: ChainTables) -> tuple[_Floats, _Ints, _Choices]:
    shape = tables.prefix.shape
    choices = _Choices(np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int16))
    return np.full(shape, np.inf), np.zeros(shape, dtype=np.int64), choices


def _through(tables: ChainTables, value: _Floats, n: int) -> _Floats | None:
    """Values at n by the node before, [n, B]; none for the first node."""
    if not len(value):
        return None
    through = np.array([tables.between(q, n)[:-1] for q in range(len(value))])
    through += value[:, :-1]
    return through


def _arrivals(
    tables: ChainTables,
    through: _Floats | None,
    count: _Ints,
    n: int,
    previous: NDArray[np.int16],
) -> tuple[_Floats, _Ints]:
    """g_n, and the stages before it; notes the node before in `previous`."""
    arrival = np.full(tables.stops.shape[1], np.inf)
    stages = np.zeros(len(arrival), dtype=np.int64)
    if through is not None:
        arrival = through.min(axis=0)
        fewest = np.where(through == arrival, count[:, :-1], np.iinfo(np.int64).max)
        chosen = fewest.argmin(axis=0)
        previous[:-1] = chosen
        stages = np.take_along_axis(count[:, :-1], chosen[np.newaxis], axis=0)[0]
    arrival[0], stages[0] = tables.entry[n], 0
    return arrival, stages


def _stages_on(
    tables: ChainTables, n: int, arrival: _Floats, stages: _Ints, start: NDArray[np.int32]
) -> tuple[_Floats, _Ints]:
    """f_n, and its stages; notes where the stage on n starts in `start`."""
    prices = tables.stages(n)
    if prices is None:
        value = _window_starts(tables, n, arrival, stages, start)
    else:
        value = _measured_starts(prices, tables.stops[n], arrival, stages, start)
    return value, stages[np.minimum(start, len(stages) - 1)] + 1


def _window_starts(
    tables: ChainTables, n: int, arrival: _Floats, stages: _Ints, start: NDArray[np.int32]
) -> _Floats:
    """Starts are ranked once, so that the window minimum is over integers without ties."""
    prefix = tables.prefix[n]
    saved = arrival - prefix[:-1]
    order = np.lexsort((stages, saved))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    chosen = window_minimum(rank, tables.stops[n])
    start[:] = np.append(order, 0)[chosen]
    value: _Floats = prefix + np.append(saved[order], np.inf)[chosen]
    return value


def _measured_starts(
    prices: _Floats, stops: _Ints, arrival: _Floats, stages: _Ints, start: NDArray[np.int32]
) -> _Floats:
    """The same minimum over stages with prices of their own; no stage is empty."""
    bounds = np.arange(prices.shape[1])
    is_open = (bounds > bounds[:-1, np.newaxis]) & (bounds <= stops[:, np.newaxis])
    through = np.where(is_open, arrival[:, np.newaxis] + prices, np.inf)
    value: _Floats = through.min(axis=0)
    fewest = np.where(through == value, stages[:, np.newaxis], np.iinfo(np.int64).max)
    start[:] = fewest.argmin(axis=0)
    return value


def _last_node(total: _Floats, count: _Ints) -> int | None:
    if not np.isfinite(total).any():
        return None
    return int(np.lexsort((count, total))[0])


def _walk_back(layers: Iterable[_Choices], last: int) -> Chain:
    """Follows the choices from the last boundary to the first; the last stage's layer first."""
    cuts: list[int] = []
    nodes = [last]
    bound = -1
    for layer in layers:
        bound = int(layer.start[nodes[-1], bound])
        if bound == 0:
            break
        cuts.append(bound)
        nodes.append(int(layer.previous[nodes[-1], bound]))
    return Chain(cuts=tuple(reversed(cuts)), nodes=tuple(reversed(nodes)))
