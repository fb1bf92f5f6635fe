"""Local search over orders of nodes: each order is judged by a function that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError

Order = tuple[int, ...]
PATIENCE = 12
"""Rounds of as many moves as there are nodes, without a gain, before the search ends."""


def search_orders(
    starts: Iterable[Order],
    improve: Callable[[Order], bool],
    budget: Budget,
    patience: int = PATIENCE,
) -> None:
    """Tries orders near the best one until the time is over or no move helps for long.

    Args:
        starts: orders to begin with, at least one, all of the same length.
        improve: whether the order is better than all that it was asked for before; it keeps what
            it found.
        budget: the deadline, and the seed of the moves.
        patience: rounds without a gain after which it ends.
    """
    try:
        best: Order = ()
        for order in starts:
            if improve(order) or not best:
                best = order
        rng = np.random.default_rng(budget.seed)
        failed = 0
        while failed < patience * len(best) and not budget.spent:
            moved = _moved(best, rng)
            if improve(moved):
                best, failed = moved, 0
            else:
                failed += 1
    except SpentError:
        return


def _moved(order: Order, rng: np.random.Generator) -> Order:
    """One node elsewhere, two swapped, or a part reversed."""
    if len(order) < 2:
        return order
    a, b = sorted(rng.choice(len(order), 2, replace=False).tolist())
    kind = int(rng.integers(3))
    if kind == 0:
        moved = list(order)
        node = moved.pop(b if rng.random() < 0.5 else a)
        moved.insert(a if moved[a:] and rng.random() < 0.5 else b, node)
        return tuple(moved)
    if kind == 1:
        swapped = list(order)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        return tuple(swapped)
    return (*order[:a], *reversed(order[a : b + 1]), *order[b + 1 :])


def first_orders(total_s: Sequence[float], source: int, sink: int) -> Iterator[Order]:
    """Orders worth a try: as listed, fastest and slowest first, source first and sink last.

    Args:
        total_s: how long each node takes for everything.
        source: node where inputs arrive.
        sink: node where outputs must end.
    """
    listed = tuple(range(len(total_s)))
    yield listed
    ranked = tuple(sorted(listed, key=lambda n: (total_s[n], n)))
    yield ranked
    yield ranked[::-1]
    inner = [n for n in ranked if n not in (source, sink)]
    yield (source, *inner, *((sink,) if sink != source else ()))
    yield (*((sink,) if sink != source else ()), *inner, source)
