"""Node types: nodes that could swap their names without changing the problem."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import NDArray

from planner.problem import NodeCosts, Problem


def node_types(problem: Problem) -> tuple[tuple[int, ...], ...]:
    """Groups of interchangeable nodes by their place in the list, each group ascending.

    Two nodes are of one type if they cost the same, are neither source nor sink, and have equal
    links to and from every other node, and to each other. Each node is in exactly one group;
    groups come in the order of their first node.
    """
    costs = _numbered(_costs(node) for node in problem.nodes)
    links = _link_numbers(problem)
    index = problem.node_index
    outer = (index[problem.source], index[problem.sink])
    groups: list[list[int]] = []
    alike: dict[int, list[list[int]]] = {}
    for n, cost in enumerate(costs):
        candidates = alike.setdefault(cost, [])
        fitting = (g for g in candidates if n not in outer and _can_swap(links, g[0], n))
        group = next(fitting, None)
        if group is not None:
            group.append(n)
            continue
        groups.append([n])
        if n not in outer:
            candidates.append(groups[-1])
    return tuple(tuple(group) for group in groups)


def _costs(node: NodeCosts) -> tuple[object, ...]:
    """All but its name."""
    return tuple(value for field, value in node if field != "name")


def _numbered(things: Iterable[Hashable]) -> list[int]:
    """Equal things have equal numbers."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(thing, len(numbers)) for thing in things]


def _link_numbers(problem: Problem) -> NDArray[np.int64]:
    """[N, N]: equal links have equal numbers; -1 where there is none."""
    index = problem.node_index
    numbers = np.full((len(index), len(index)), -1)
    kinds = _numbered((link.model, link.price_per_byte, link.spread) for link in problem.links)
    for link, kind in zip(problem.links, kinds, strict=True):
        numbers[index[link.source], index[link.target]] = kind
    return numbers


def _can_swap(links: NDArray[np.int64], a: int, b: int) -> bool:
    """Whether their links are equal: to each other, and to and from all others."""
    is_other = np.ones(len(links), dtype=np.bool_)
    is_other[[a, b]] = False
    return bool(
        links[a, b] == links[b, a]
        and (links[a] == links[b])[is_other].all()
        and (links[:, a] == links[:, b])[is_other].all()
    )
