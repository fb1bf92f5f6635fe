"""Reachability: which boundaries a request can get to, whatever time it takes.

Arrays are [nodes, boundaries] and Boolean. The layer k counts stages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.costs.transfer import HopPrices
from planner.problem import Problem
from planner.solvers.stage_counts import StageCounts

_Bools = NDArray[np.bool_]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Wiring:
    """Who can send to whom."""

    entry: _Bools
    """[N]: the source can."""
    exit: _Bools
    """[N]: to the sink."""
    between: _Bools
    """[N, N]: from an earlier node (row) to a later one (column)."""

    @cached_property
    def is_complete(self) -> bool:
        """Whether no link that a plan could use is missing."""
        later = np.triu(np.ones_like(self.between), k=1)
        return bool(self.entry.all() and self.exit.all() and (self.between == later).all())


def wiring(problem: Problem) -> Wiring:
    """The links of a problem, as its order of nodes can use them."""
    prices = HopPrices(problem)
    names = [node.name for node in problem.nodes]
    pairs = [[prices.is_linked(a, b) for b in names] for a in names]
    return Wiring(
        entry=np.array([prices.is_linked(problem.source, name) for name in names]),
        exit=np.array([prices.is_linked(name, problem.sink) for name in names]),
        between=np.triu(np.array(pairs), k=1),
    )


def arrivals(wires: Wiring, stops: _Ints, most: int) -> list[_Bools]:
    """Layer k: a stage on this node can start at this boundary, after k stages. [N, B + 1]."""
    n_nodes, n_blocks = stops.shape
    first = np.zeros((n_nodes, n_blocks + 1), dtype=np.bool_)
    first[:, 0] = wires.entry
    layers = [first]
    while len(layers) < most:
        layers.append(_either(wires.between.T, _ends(layers[-1], stops)))
    return layers


def departures(wires: Wiring, stops: _Ints, most: int) -> list[_Bools]:
    """Layer k: a stage on this node can end at this boundary, before k more. [N, B + 1]."""
    n_nodes, n_blocks = stops.shape
    final = np.zeros((n_nodes, n_blocks + 1), dtype=np.bool_)
    final[:, -1] = wires.exit
    layers = [final]
    while len(layers) < most:
        starts = np.zeros_like(final)
        starts[:, :-1] = next_true(layers[-1]) <= stops
        layers.append(_either(wires.between, starts))
    return layers


def any_arrivals(wires: Wiring, stops: _Ints) -> _Bools:
    """After any number of stages: all layers of `arrivals` in one pass over the nodes."""
    starts = np.zeros((len(stops), stops.shape[1] + 1), dtype=np.bool_)
    ends = np.zeros_like(starts)
    for n in range(len(starts)):
        starts[n] = ends[:n][wires.between[:n, n]].any(axis=0)
        starts[n, 0] = wires.entry[n]
        ends[n] = _ends(starts[n : n + 1], stops[n : n + 1])[0]
    return starts


def any_departures(wires: Wiring, stops: _Ints) -> _Bools:
    """Before any number of stages more: all layers of `departures` in one pass."""
    ends = np.zeros((len(stops), stops.shape[1] + 1), dtype=np.bool_)
    starts = np.zeros_like(ends)
    for n in reversed(range(len(ends))):
        ends[n] = starts[wires.between[n]].any(axis=0)
        ends[n, -1] = wires.exit[n]
        starts[n, :-1] = next_true(ends[n : n + 1])[0] <= stops[n]
    return ends


def is_feasible(wires: Wiring, stops: _Ints, counts: StageCounts) -> bool:
    """Whether some plan with so many stages reaches the sink."""
    if counts.least == 1 and counts.most >= min(stops.shape):
        layers = [any_arrivals(wires, stops)]
    else:
        layers = arrivals(wires, stops, counts.most)[counts.least - 1 :]
    return any((_ends(layer, stops)[:, -1] & wires.exit).any() for layer in layers)


def next_true(flags: _Bools) -> _Ints:
    """For each boundary but the last, the next later one that is set; B + 1 if none is."""
    width = flags.shape[1]
    places = np.where(flags, np.arange(width), width)
    return np.minimum.accumulate(places[:, :0:-1], axis=1)[:, ::-1]


def _ends(starts: _Bools, stops: _Ints) -> _Bools:
    """Where a stage can end that starts at one of the given boundaries and fits."""
    ends = np.zeros_like(starts)
    farthest = np.maximum.accumulate(np.where(starts[:, :-1], stops, 0), axis=1)
    ends[:, 1:] = farthest >= np.arange(1, starts.shape[1])
    return ends


def _either(wires: _Bools, flags: _Bools) -> _Bools:
    """Boolean matrix product: set if any wired node is; in floats, which are quicker."""
    counts: NDArray[np.float32] = np.matmul(wires.astype(np.float32), flags.astype(np.float32))
    reached: _Bools = counts > 0
    return reached
