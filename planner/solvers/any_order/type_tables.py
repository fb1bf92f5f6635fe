"""Type tables: a problem's prices as arrays over types of interchangeable nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain
from planner.solvers.chain_tables import chain_tables
from planner.solvers.node_types import node_types

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TypeTables:
    """Prices of T types of nodes and B blocks, as `costs` has them, in the objective's unit.

    Two stages in a row on one type are on two of its nodes: `hop` has the link between them, and
    infinity where the type has one node only.
    """

    members: tuple[tuple[int, ...], ...]
    """Nodes of each type by their place in the list."""
    prefix: _Floats
    """[T, B + 1]: of all blocks before a boundary."""
    stops: _Ints
    """[T, B]: for each start, the farthest stop that fits."""
    entry: _Floats
    """[T]: of the inputs' transfer from the source."""
    exit: _Floats
    """[T]: of the outputs' transfer to the sink."""
    hop: _Floats
    """[B + 1, T, T]: of a transfer at each boundary from one type (row) to another (column)."""

    @property
    def counts(self) -> _Ints:
        """[T]: number of nodes of each type."""
        return np.array([len(nodes) for nodes in self.members], dtype=np.int64)

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return int(self.stops.shape[1])

    def is_possible(self, types: tuple[int, ...]) -> bool:
        """Whether there are enough nodes to visit these types in turn."""
        visits = np.bincount(types, minlength=len(self.members))
        return bool((visits <= self.counts).all())

    def chain(self, cuts: tuple[int, ...], types: tuple[int, ...]) -> Chain:
        """The chain that takes the nodes of each type in their listed order."""
        unused = [iter(nodes) for nodes in self.members]
        return Chain(cuts=cuts, nodes=tuple(next(unused[t]) for t in types))


def type_tables(problem: Problem, objective: Objective = LATENCY) -> TypeTables:
    """Asks `costs` for every price that a chain of stages in any order can need.

    Raises:
        PlannerError: the objective is not additive.
    """
    tables, members = chain_tables(problem, objective), node_types(problem)
    first = np.array([nodes[0] for nodes in members])
    hop = np.empty((problem.n_blocks + 1, len(first), len(first)))
    for row, nodes in enumerate(members):
        to = np.full((len(first), problem.n_blocks + 1), np.inf)
        for column, others in enumerate(members):
            if row != column:
                to[column] = tables.between(nodes[0], others[0])
            elif len(nodes) > 1:
                to[column] = tables.between(nodes[0], nodes[1])
        hop[:, row] = to.T
    return TypeTables(
        members=members,
        prefix=tables.prefix[first],
        stops=tables.stops[first],
        entry=tables.entry[first],
        exit=tables.exit[first],
        hop=hop,
    )
