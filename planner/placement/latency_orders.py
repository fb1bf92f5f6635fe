"""Topological orders in which the interval search cuts a graph.

Operators of one colour stand together where they can share a block, so that intervals can hold
whole classes. Operators that lose nothing on the CPU, whatever else is chosen, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np

from planner.placement.latency_tables import LatencyTables, mask_of, members


class UnitOrders:
    """Orders of the units of an instance: operators, or groups that stand together."""

    def __init__(self, tables: LatencyTables) -> None:
        self._tables = tables
        skipped = tables.host_only & ~tables.unplaceable
        self._kept = [v for v in tables.order if not skipped >> v & 1]
        self.graph = _unit_graph(tables, self._kept)
        rank = {v: index for index, v in enumerate(self._kept)}
        self._members: dict[int, list[int]] = {
            unit: sorted(data["members"], key=rank.__getitem__)
            for unit, data in self.graph.nodes(data=True)
        }
        self._is_host = {
            unit: bool(mask_of(held) & tables.unplaceable) for unit, held in self._members.items()
        }

    def breadth_first(self) -> tuple[int, ...]:
        """Operators by their distance from the sources, those for the CPU as early as can be."""
        depth = dict.fromkeys(self.graph, 0)
        for unit in nx.topological_sort(self.graph):
            for following in self.graph.successors(unit):
                depth[following] = max(depth[following], depth[unit] + 1)
        priority = {unit: (float(depth[unit]), unit) for unit in self.graph}
        return self._operators(self._by_priority(priority))

    def depth_first(self, *, rng: np.random.Generator | None = None) -> tuple[int, ...]:
        """Each operator as late as its first consumer allows; branches one after another.

        Branches are taken by number, or at random.
        """
        rank = self._ranks(rng)
        done: set[int] = set()
        order: list[int] = []
        for root in sorted(self.graph, key=rank.__getitem__):
            stack = [root]
            while stack:
                unit = stack[-1]
                open_before = [u for u in self.graph.predecessors(unit) if u not in done]
                if open_before:
                    stack.append(min(open_before, key=rank.__getitem__))
                    continue
                stack.pop()
                if unit not in done:
                    done.add(unit)
                    order.append(unit)
        return self._operators(order)

    def around(self, blocks: Sequence[int], *, rng: np.random.Generator) -> tuple[int, ...]:
        """A random order in which each block of a placement stands together."""
        owner: dict[int, int] = {}
        for unit, held in self._members.items():
            mask = mask_of(held)
            owner[unit] = next(
                (-1 - number for number, block in enumerate(blocks) if block & mask), unit
            )
        quotient = nx.DiGraph()
        quotient.add_nodes_from(owner.values())
        quotient.add_edges_from(
            (owner[a], owner[b]) for a, b in self.graph.edges if owner[a] != owner[b]
        )
        if not nx.is_directed_acyclic_graph(quotient):
            return self.depth_first(rng=rng)
        inner = self.depth_first(rng=rng)
        position = {v: index for index, v in enumerate(inner)}
        first = {vertex: float("inf") for vertex in quotient}
        held_by: dict[int, list[int]] = {vertex: [] for vertex in quotient}
        for unit, vertex in owner.items():
            held_by[vertex].append(unit)
            first[vertex] = min(first[vertex], position[self._members[unit][0]])
        order: list[int] = []
        for vertex in nx.lexicographical_topological_sort(quotient, key=lambda x: (first[x], x)):
            order += sorted(held_by[vertex], key=lambda unit: position[self._members[unit][0]])
        return self._operators(order)

    def _ranks(self, rng: np.random.Generator | None) -> dict[int, float]:
        units = sorted(self.graph, key=lambda unit: self._members[unit][0])
        if rng is None:
            position = {v: index for index, v in enumerate(self._kept)}
            return {unit: float(position[self._members[unit][0]]) for unit in units}
        return dict(zip(units, rng.random(len(units)).tolist(), strict=True))

    def _by_priority(self, priority: dict[int, tuple[float, int]]) -> list[int]:
        def key(unit: int) -> tuple[bool, float, int]:
            return (not self._is_host[unit], *priority[unit])

        return list(nx.lexicographical_topological_sort(self.graph, key=key))

    def _operators(self, units: Sequence[int]) -> tuple[int, ...]:
        return tuple(v for unit in units for v in self._members[unit])


def _unit_graph(tables: LatencyTables, kept: Sequence[int]) -> nx.DiGraph:
    """The operators with those grouped that must stand together, without circles.

    Classes that reach each other become one group. A group that no accelerator can hold is taken
    apart by its largest class, whose operators then stand alone.
    """
    classes = {tables.colour_masks[v] for v in kept if not tables.unplaceable >> v & 1}
    together = sorted(mask for mask in classes if mask.bit_count() > 1)
    while True:
        graph = nx.DiGraph()
        graph.add_nodes_from(kept)
        graph.add_edges_from((u, v) for u in kept for v in tables.consumers[u] if v in graph)
        for mask in together:
            graph.add_edges_from(nx.utils.pairwise(members(mask), cyclic=True))
        units = nx.condensation(graph)
        dropped = set()
        for _, held in units.nodes(data="members"):
            group = mask_of(held)
            if group & tables.unplaceable or tables.size_of(group) > tables.cap_bytes:
                inner = [mask for mask in together if mask & group]
                if inner:
                    dropped.add(max(inner, key=lambda mask: (tables.size_of(mask), mask)))
        if not dropped:
            return units
        together = [mask for mask in together if mask not in dropped]
