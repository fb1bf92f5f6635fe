"""Contraction: operators that some best placement keeps together become one.

Three patterns are contracted, and none changes the least latency. In all of them the absorbed
operator takes no time on the CPU, so there it finishes when its input does:

    input         a source with one consumer joins that consumer
    end           an operator that nothing reads joins its only producer
    continuation  an operator joins its only producer, of which it is the only consumer

Both must share a colour, so that they go together anyway; or the absorbed one is free, weightless
and takes no time on an accelerator, so that going together never costs more (a continuation must
then also move no slower than its producer).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.placement.instance import Operator, PlacementInstance


@dataclass(frozen=True)
class Contraction:
    """A smaller instance of the same least latency."""

    instance: PlacementInstance
    groups: tuple[tuple[int, ...], ...]
    """Of each operator of the smaller instance, the places of those that it stands for."""

    def lift(self, device: Sequence[int]) -> list[int]:
        """The device of each original operator, from those of the smaller instance."""
        lifted = [0] * sum(map(len, self.groups))
        for group, number in zip(self.groups, device, strict=True):
            for place in group:
                lifted[place] = number
        return lifted


def contract(instance: PlacementInstance) -> Contraction:
    """The instance with all patterns contracted, until none is left."""
    merger = _Merger.of(instance)
    waiting = list(range(len(instance.operators)))
    while waiting:
        v = waiting.pop()
        host = merger.host(v)
        if host is not None:
            waiting.extend(merger.absorb(v, host))
    return merger.contraction(instance)


@dataclass
class _Merger:
    operators: list[Operator]
    producers: list[set[int]]
    consumers: list[set[int]]
    coloured: frozenset[int]
    """Operators that share their colour with another, at first."""
    groups: dict[int, list[int]]

    @classmethod
    def of(cls, instance: PlacementInstance) -> _Merger:
        n = len(instance.operators)
        return cls(
            operators=list(instance.operators),
            producers=[set(instance.graph.predecessors(v)) for v in range(n)],
            consumers=[set(instance.graph.successors(v)) for v in range(n)],
            coloured=frozenset(v for places in instance.colour_classes for v in places),
            groups={v: [v] for v in range(n)},
        )

    def host(self, v: int) -> int | None:
        """The operator that v may join; none if there is none."""
        if v not in self.groups or self.operators[v].cpu_s > 0:
            return None
        if not self.producers[v]:
            (host, *others) = self.consumers[v] or (None,)
            return host if host is not None and not others and self._go_together(v, host) else None
        if len(self.producers[v]) > 1:
            return None
        (host,) = self.producers[v]
        if not self._go_together(v, host):
            return None
        if not self.consumers[v]:
            return host
        if self.consumers[host] != {v}:
            return None
        is_no_slower = self.operators[v].transfer_s <= self.operators[host].transfer_s
        return host if self._share_a_colour(v, host) or is_no_slower else None

    def absorb(self, v: int, host: int) -> list[int]:
        """Makes v a part of its host; returns the operators whose pattern this may change."""
        continues = v in self.consumers[host] and bool(self.consumers[v])
        absorbed, kept = self.operators[v], self.operators[host]
        self.operators[host] = kept.model_copy(
            update={
                "accelerator_s": kept.accelerator_s + absorbed.accelerator_s,
                "size_bytes": kept.size_bytes + absorbed.size_bytes,
                "transfer_s": absorbed.transfer_s if continues else kept.transfer_s,
                "on_accelerator": kept.on_accelerator and absorbed.on_accelerator,
            }
        )
        self.consumers[host] = (self.consumers[host] | self.consumers[v]) - {v, host}
        self.producers[host].discard(v)
        for w in self.consumers[v] - {host}:
            self.producers[w] = (self.producers[w] - {v}) | {host}
        self.groups[host] += self.groups.pop(v)
        return sorted({host} | self.producers[host] | self.consumers[host])

    def contraction(self, instance: PlacementInstance) -> Contraction:
        kept = sorted(self.groups)
        place = {v: index for index, v in enumerate(kept)}
        edges = tuple((place[v], place[w]) for v in kept for w in sorted(self.consumers[v]))
        smaller = PlacementInstance(
            name=instance.name,
            operators=tuple(self.operators[v] for v in kept),
            edges=edges,
            n_accelerators=instance.n_accelerators,
            n_cpus=instance.n_cpus,
            cap_bytes=instance.cap_bytes,
        )
        return Contraction(smaller, tuple(tuple(sorted(self.groups[v])) for v in kept))

    def _share_a_colour(self, v: int, host: int) -> bool:
        colour = self.operators[v].colour
        return colour is not None and colour == self.operators[host].colour

    def _go_together(self, v: int, host: int) -> bool:
        operator = self.operators[v]
        is_weightless = operator.accelerator_s == 0 and operator.size_bytes == 0
        is_free = operator.on_accelerator and v not in self.coloured
        return self._share_a_colour(v, host) or (is_weightless and is_free)
