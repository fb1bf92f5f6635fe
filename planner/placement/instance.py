"""PlacementInstance: an operator graph and the machine that it is placed on.

This is the problem of the published planning instances: k identical accelerators with a memory
cap, and the processors of one host. It is not that of a cluster file: there every link differs.
Operators go by their place in `operators`, counted from 0; files name them by `id`.

Source: Tarnawski, Phanishayee, Devanur, Mahajan and Nina Paravecino, "Efficient Algorithms for
Device Placement of DNN Graph Operators", NeurIPS 2020, section 3.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Annotated, Self

import networkx as nx
from pydantic import Field, NonNegativeInt, model_validator

from profiler.record import Record

# Wide limits: beyond them a number is a mistake, and arithmetic on it would overflow.
_Seconds = Annotated[float, Field(ge=0, le=1e9)]
_Bytes = Annotated[float, Field(ge=0, le=1e18)]


class Operator(Record):
    """One vertex of the graph."""

    id: int
    """Its number in the file."""
    cpu_s: _Seconds
    """Time on a processor of the host."""
    accelerator_s: _Seconds
    """Time on an accelerator."""
    transfer_s: _Seconds
    """Time to move its output between an accelerator and the host's memory, either way."""
    size_bytes: _Bytes
    """Memory that it takes on an accelerator."""
    on_accelerator: bool
    """Whether an accelerator can run it at all."""
    colour: int | None = None
    """Operators of one colour run on one device; none if it is free."""
    backward: bool = False
    """Whether it belongs to the backward pass of a training step."""


class PlacementInstance(Record):
    """A graph of operators, k accelerators and the host's processors."""

    name: str
    operators: tuple[Operator, ...] = Field(min_length=1)
    edges: tuple[tuple[NonNegativeInt, NonNegativeInt], ...]
    """From the producer to the consumer, by their places in `operators`, without repeats."""
    n_accelerators: NonNegativeInt
    n_cpus: NonNegativeInt
    cap_bytes: _Bytes
    """Memory of each accelerator."""

    @model_validator(mode="after")
    def _is_a_dag(self) -> Self:
        ids = [operator.id for operator in self.operators]
        if len(set(ids)) < len(ids):
            raise ValueError(f"operator id {_first_repeated(ids)} stands twice")
        for edge in self.edges:
            if max(edge) >= len(ids):
                raise ValueError(f"edge {edge} names an operator beyond the last, {len(ids) - 1}")
        try:
            cycle = nx.find_cycle(self.graph)
        except nx.NetworkXNoCycle:
            return self
        around = " -> ".join(str(ids[edge[0]]) for edge in cycle)
        raise ValueError(f"operators {around} -> {ids[cycle[0][0]]} feed each other in a circle")

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The operators' places as vertices, with the edges."""
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(self.operators)))
        graph.add_edges_from(self.edges)
        return graph

    @cached_property
    def colour_classes(self) -> tuple[tuple[int, ...], ...]:
        """Places of the operators that share a device, two or more each."""
        members: defaultdict[int, list[int]] = defaultdict(list)
        for place, operator in enumerate(self.operators):
            if operator.colour is not None:
                members[operator.colour].append(place)
        return tuple(tuple(places) for places in members.values() if len(places) > 1)


def _first_repeated(ids: list[int]) -> int:
    return next(number for number in ids if ids.count(number) > 1)
