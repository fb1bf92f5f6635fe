"""Labels at downsets, and the remainders that tell which of them can still beat a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.placement.latency_tables import LatencyTables, mask_of, members


@dataclass(frozen=True)
class PricedChain:
    """A chain of operators, each depending on the one before, with its least remainders."""

    operators: tuple[int, ...]
    left_s: tuple[tuple[float, ...], ...]
    """Per position, and per number of accelerators that are free, at least what passes from the
    start of its step to the end of the chain; the last number stands for all larger ones."""

    @property
    def bound_s(self) -> float:
        """No placement takes less."""
        return self.left_s[0][-1]


@dataclass(frozen=True, slots=True)
class Label:
    """What is known once a downset has run in a certain way."""

    n_used: int
    latest_s: float
    """Finish of the last operator so far."""
    ready_s: tuple[float, ...]
    """Of each output that is still needed, in the order of `Place.outputs`."""
    block: int
    """The block of the last step; 0 if it ran on the CPU."""
    before: Label | None

    def dominates(self, other: Label) -> bool:
        """Whether whatever follows the other is no better than behind this one."""
        return (
            self.n_used <= other.n_used
            and self.latest_s <= other.latest_s
            and all(a <= b for a, b in zip(self.ready_s, other.ready_s, strict=True))
        )

    def blocks(self) -> tuple[int, ...]:
        """All blocks so far, in the order in which they ran."""
        found = []
        label: Label | None = self
        while label is not None:
            if label.block:
                found.append(label.block)
            label = label.before
        return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Place:
    """A downset, as far as its labels need it."""

    outputs: tuple[int, ...]
    """Operators whose output is still needed; labels hold their ready times in this order."""
    latest_ready_s: tuple[float, ...]
    """When each output must be ready to beat the value, by its slowest path ahead."""
    ahead: tuple[tuple[list[int], Sequence[float]], ...]
    """Per chain, the outputs its next operator waits for, and when they must be ready, by the
    number of free accelerators."""
    to_beat_s: float

    def can_win(self, n_free: int, latest_s: float, ready_s: tuple[float, ...]) -> bool:
        """Whether a label can still lead to a better value."""
        if latest_s >= self.to_beat_s:
            return False
        for own_s, limit_s in zip(ready_s, self.latest_ready_s, strict=True):
            if own_s >= limit_s:
                return False
        for needed, limits_s in self.ahead:
            limit_s = limits_s[min(n_free, len(limits_s) - 1)]
            if limit_s <= 0 or any([ready_s[index] >= limit_s for index in needed]):
                return False
        return True


class Remainder:
    """Says by when outputs must be ready for a value to be beaten."""

    def __init__(
        self, tables: LatencyTables, chains: Sequence[PricedChain], to_beat_s: float
    ) -> None:
        self.tables = tables
        self._to_beat_s = to_beat_s
        self._through_s = remainders_s(tables)
        self._chains = [
            (chain.operators, mask_of(chain.operators), self._limits_s(chain)) for chain in chains
        ]

    def place(self, done: int, outputs: tuple[int, ...]) -> Place:
        """The place of a downset with these open outputs."""
        tables = self.tables
        # Only what has not run yet can still be waited for.
        tails_s = [
            max(self._through_s[w] for w in members(tables.consumer_masks[u] & ~done))
            for u in outputs
        ]
        ahead = []
        for operators, mask, limits_s in self._chains:
            position = (mask & done).bit_count()
            if position < len(operators):
                before = tables.ancestors[operators[position]]
                needed = [index for index, u in enumerate(outputs) if before >> u & 1]
                ahead.append((needed, limits_s[position]))
        latest_ready_s = tuple(self._to_beat_s - tail_s for tail_s in tails_s)
        return Place(outputs, latest_ready_s, tuple(ahead), self._to_beat_s)

    def _limits_s(self, chain: PricedChain) -> list[list[float]]:
        return [[self._to_beat_s - left_s for left_s in row] for row in chain.left_s]


def remainders_s(tables: LatencyTables) -> list[float]:
    """At least what passes from when each operator can start until the last one has finished."""
    through_s = [least_s(tables, v) for v in range(tables.n)]
    for v in reversed(tables.order):
        own_s = through_s[v]
        for w in tables.consumers[v]:
            through_s[v] = max(through_s[v], own_s + through_s[w])
    return through_s


def least_s(tables: LatencyTables, v: int) -> float:
    """At least what passes between an operator's inputs and its output."""
    if tables.unplaceable >> v & 1:
        return tables.cpu_s[v]
    return min(tables.cpu_s[v], tables.accelerator_s[v])
