"""Moves of the local search over orders: what a sequence of types may be changed into.

Source: Or, "Traveling salesman-type combinatorial problems", thesis, Northwestern University, 1976,
for moving one; Croes, "A method for solving traveling-salesman problems", Operations Research 6
(1958), for reversing a piece; adding, dropping and replacing nodes are this problem's own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from planner.solvers.any_order.sequence_prices import Neighbour
from planner.solvers.stage_counts import StageCounts

Types = tuple[int, ...]


def node_moves(types: Types, unused: NDArray[np.int64], counts: StageCounts) -> list[Neighbour]:
    """Drops, replaces or adds one node.

    Args:
        types: the sequence.
        unused: nodes of each type that it leaves.
        counts: how many stages are allowed.
    """
    free = np.flatnonzero(unused > 0).tolist()
    found = [
        Neighbour(place, (t,), place + 1)
        for place, old in enumerate(types)
        for t in free
        if t != old
    ]
    if len(types) + 1 in counts:
        found += [Neighbour(place, (t,), place) for place in range(len(types) + 1) for t in free]
    if len(types) > 1 and len(types) - 1 in counts:
        found += [
            Neighbour(place, (types[place + 1],), place + 2) for place in range(len(types) - 1)
        ]
        found.append(Neighbour(len(types) - 2, (types[-2],), len(types)))
    return found


def order_moves(types: Types, reach: int) -> list[Neighbour]:
    """Swaps two nodes, moves one, or reverses a piece; over at most so many places."""
    return [move for move in _order_moves(types, reach) if move.applied(types) != types]


def _order_moves(types: Types, reach: int) -> Iterator[Neighbour]:
    for first in range(len(types)):
        for last in range(first + 1, min(first + reach, len(types) - 1) + 1):
            piece = types[first : last + 1]
            yield Neighbour(first, (piece[-1], *piece[1:-1], piece[0]), last + 1)
            if len(piece) > 2:
                yield Neighbour(first, (*piece[1:], piece[0]), last + 1)
                yield Neighbour(first, (piece[-1], *piece[:-1]), last + 1)
            if len(piece) > 3:
                yield Neighbour(first, piece[::-1], last + 1)
