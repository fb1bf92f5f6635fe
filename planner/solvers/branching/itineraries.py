"""Itineraries: which node may run the next stage, as states that a recurrence walks through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.limits import Limits, Order

_State = tuple[int, frozenset[int], int]
"""Node, the watched nodes used so far with it, and the stages so far: 0 if any number is fine.

Without a most number, all from the least on count as the least."""


@dataclass(frozen=True)
class Itineraries:
    """S states of a request at a node, with up to P states each that may come before."""

    node: NDArray[np.int64]
    """[S]: place of the node in the problem."""
    before: NDArray[np.int64]
    """[S, P]: states of the stage before; S where there is none."""
    is_first: NDArray[np.bool_]
    """[S]: may be the first stage."""
    is_last: NDArray[np.bool_]
    """[S]: may be the last stage."""
    freer: tuple[tuple[int, ...], ...]
    """For each state those at the same node, with as many stages, that have used fewer watched
    nodes: whatever may follow the state may follow them."""


def itineraries(
    limits: Limits, n_nodes: int, watched: frozenset[int], *, most: int
) -> Itineraries | None:
    """The states of all plans of a class, or of a wider one; none if there are more than `most`.

    In listed order the class is exact. In free order, a node that is not watched may come again,
    though not twice in a row: with all nodes watched the class is exact, with fewer it is wider.
    With revisits nothing needs to be watched. Limits on the number of stages are kept.

    Args:
        limits: the class of plans.
        n_nodes: of the problem.
        watched: places of nodes that hold one stage at most.
        most: states.
    """
    is_counted = limits.min_stages > 1 or limits.max_stages is not None
    states: list[_State] = [
        (node, frozenset({node}) & watched, int(is_counted)) for node in range(n_nodes)
    ]
    place = {state: index for index, state in enumerate(states)}
    before: list[list[int]] = [[] for _ in states]
    for index, state in enumerate(states):  # it grows while it is walked through
        for following in _following(state, limits, n_nodes, watched):
            if following not in place:
                if len(states) == most:
                    return None
                place[following] = len(states)
                states.append(following)
                before.append([])
            before[place[following]].append(index)
    return Itineraries(
        node=np.array([node for node, _, _ in states]),
        before=_padded(before, len(states)),
        is_first=np.arange(len(states)) < n_nodes,
        is_last=np.array([not is_counted or count >= limits.min_stages for _, _, count in states]),
        freer=tuple(_freer(state, states) for state in states),
    )


def _following(
    state: _State, limits: Limits, n_nodes: int, watched: frozenset[int]
) -> list[_State]:
    node, used, count = state
    if limits.max_stages is not None and count >= limits.max_stages:
        return []
    more = min(count + 1, limits.max_stages or limits.min_stages) if count else 0
    nodes = range(node + 1 if limits.order is Order.LISTED else 0, n_nodes)
    return [
        (other, used | (frozenset({other}) & watched), more)
        for other in nodes
        if other != node and other not in used
    ]


def _freer(state: _State, states: Sequence[_State]) -> tuple[int, ...]:
    node, used, count = state
    return tuple(
        place
        for place, (other, fewer, number) in enumerate(states)
        if other == node and number == count and fewer < used
    )


def _padded(lists: Sequence[Sequence[int]], filler: int) -> NDArray[np.int64]:
    width = max(1, *(len(row) for row in lists))
    return np.array([[*row, *[filler] * (width - len(row))] for row in lists], dtype=np.int64)
