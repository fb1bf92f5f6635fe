"""Host types: nodes that PipeEdge cannot tell apart, and sets of nodes as a count per type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from planner.problem import Problem


@dataclass(frozen=True)
class HostTypes:
    """The types of a problem's nodes, in the order of their first members.

    A set of nodes, as counts per type, is one number: the sum of count · weight.
    """

    members: tuple[tuple[int, ...], ...]
    """Places in the order of nodes, ascending, per type."""

    def __len__(self) -> int:
        return len(self.members)

    @property
    def counts(self) -> tuple[int, ...]:
        """Nodes of each type."""
        return tuple(len(places) for places in self.members)

    @property
    def weights(self) -> tuple[int, ...]:
        """What one more node of each type adds to the number of a set."""
        return tuple(prod(count + 1 for count in self.counts[:u]) for u in range(len(self)))

    @property
    def n_sets(self) -> int:
        """Number of different sets."""
        return prod(count + 1 for count in self.counts)

    def used(self, u: int) -> NDArray[np.int64]:
        """How many nodes of a type each set holds, by the set's number."""
        return np.arange(self.n_sets) // self.weights[u] % (self.counts[u] + 1)

    def pair(self, problem: Problem, u: int, v: int) -> tuple[str, str]:
        """Two nodes, one of each type; different ones if the type has two."""
        first = self.members[u][0]
        second = self.members[v][-1] if u == v else self.members[v][0]
        return problem.nodes[first].name, problem.nodes[second].name


def host_types(problem: Problem) -> HostTypes:
    """Groups nodes of equal costs, memory and links: those whose names could be exchanged.

    Where inputs arrive and outputs must end makes no difference, as to PipeEdge.
    """
    models = {(link.source, link.target): link.model for link in problem.links}
    groups: list[list[int]] = []
    for place in range(len(problem.nodes)):
        for group in groups:
            if _are_alike(problem, models, group[0], place):
                group.append(place)
                break
        else:
            groups.append([place])
    return HostTypes(tuple(tuple(group) for group in groups))


def _are_alike(
    problem: Problem, models: Mapping[tuple[str, str], object], first: int, second: int
) -> bool:
    a, b = problem.nodes[first], problem.nodes[second]
    if a.model_copy(update={"name": b.name}) != b:
        return False
    if models.get((a.name, b.name)) != models.get((b.name, a.name)):
        return False
    others = (node.name for node in problem.nodes if node not in (a, b))
    return all(
        models.get((a.name, other)) == models.get((b.name, other))
        and models.get((other, a.name)) == models.get((other, b.name))
        for other in others
    )
