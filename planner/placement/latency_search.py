"""Local search over placements: whole colour classes change sides, blocks grow, merge and split.

Late acceptance: a change is kept if it is no worse than the placement that was current a fixed
number of changes ago, or than the current one. From time to time an order that keeps the best
placement's blocks together is cut anew, which moves all borders at once.

Source: Burke and Bykov, "The late acceptance hill-climbing heuristic", European Journal of
Operational Research 258(1), 2017; the moves are our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.placement.latency_clock import Deadline
from planner.placement.latency_intervals import IntervalSearch
from planner.placement.latency_orders import UnitOrders
from planner.placement.latency_price import device_of, latency_s
from planner.placement.latency_tables import LatencyTables, convex_hull, members

_MEMORY = 40
_MOVES_PER_CUT = 400

Blocks = tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """A placement by its blocks, with its price."""

    blocks: Blocks
    value_s: float


def price(tables: LatencyTables, blocks: Blocks) -> Found:
    """The blocks with their latency; infinite if they wait for each other in a circle."""
    return Found(blocks, latency_s(tables, device_of(tables.n, blocks)))


@dataclass(frozen=True)
class SearchLimits:
    """When to stop."""

    max_moves: int
    deadline: Deadline
    good_enough_s: float = 0.0
    """A value that no placement beats."""


class OrderCutter:
    """Cuts topological orders of one instance into placements."""

    def __init__(self, tables: LatencyTables, rng: np.random.Generator) -> None:
        self._tables = tables
        self._rng = rng
        self._orders = UnitOrders(tables)
        self._intervals = IntervalSearch(tables)

    def packed(self) -> Found:
        """Accelerators filled one after another along an order, as far as they go."""
        return price(self._tables, self._intervals.packed_blocks(self._orders.depth_first()))

    def numbered(self, index: int, best: Found, deadline: Deadline) -> Found | None:
        """The order of a number cut at its best, two fixed and then random ones in turn."""
        if index == 0:
            return self._cut(self._orders.depth_first(), best, deadline)
        if index == 1:
            return self._cut(self._orders.breadth_first(), best, deadline)
        if index % 2 == 0:
            return self._cut(self._orders.depth_first(rng=self._rng), best, deadline)
        return self.around(best, deadline)

    def around(self, best: Found, deadline: Deadline) -> Found | None:
        """A random order that keeps the blocks of a placement together, cut anew."""
        return self._cut(self._orders.around(best.blocks, rng=self._rng), best, deadline)

    def afresh(self, deadline: Deadline) -> Found | None:
        """A random order cut at its best, whatever is known so far."""
        return self._cut(self._orders.depth_first(rng=self._rng), None, deadline)

    def _cut(self, order: tuple[int, ...], best: Found | None, deadline: Deadline) -> Found | None:
        known_s = math.inf if best is None else best.value_s
        blocks = self._intervals.best_blocks(order, known_s, deadline)
        return None if blocks is None else price(self._tables, blocks)


def improve(cutter: OrderCutter, moves: Moves, start: Found, limits: SearchLimits) -> Found:
    """The best placement found from a start; it is no worse than that."""
    best = current = start
    history = [start.value_s] * _MEMORY
    for step in range(limits.max_moves):
        if best.value_s <= limits.good_enough_s or limits.deadline.is_over():
            break
        if step % _MOVES_PER_CUT == 0:
            found = cutter.around(best, limits.deadline)
        else:
            found = moves.neighbour(current)
        if found is None:
            continue
        slot = step % _MEMORY
        if found.value_s <= max(history[slot], current.value_s) and math.isfinite(found.value_s):
            current = found
            if current.value_s < best.value_s:
                best = current
        history[slot] = current.value_s
    return best


class Moves:
    """Random neighbours of a set of blocks that keep caps and colours, and mostly convexity."""

    def __init__(self, tables: LatencyTables, rng: np.random.Generator) -> None:
        self._tables = tables
        self._rng = rng
        self._placeable = [v for v in range(tables.n) if not tables.host_only >> v & 1]
        self._kinds: tuple[Callable[[list[int]], list[int] | None], ...] = (
            self._grow,
            self._grow,
            self._shrink,
            self._shrink,
            self._shift,
            self._shift,
            self._merge,
            self._split,
            self._open,
            self._close,
        )

    def neighbour(self, found: Found) -> Found | None:
        """A random neighbour with its price; none if the move that was drawn is not possible."""
        blocks = self._changed(found.blocks)
        return None if blocks is None else price(self._tables, blocks)

    def _changed(self, blocks: Blocks) -> Blocks | None:
        if not self._placeable:
            return None
        kind = self._kinds[self._rng.integers(len(self._kinds))]
        changed = kind(list(blocks))
        if changed is None:
            return None
        kept = tuple(block for block in changed if block)
        if len(kept) > self._tables.n_accelerators:
            return None
        if any(self._tables.size_of(b) > self._tables.cap_bytes for b in kept if b not in blocks):
            return None
        return kept

    def _grow(self, blocks: list[int]) -> list[int] | None:
        """A block takes a neighbour, with all that must come along."""
        index = self._any_block(blocks)
        if index is None:
            return None
        v = self._nearby(blocks[index])
        if v is None:
            return None
        return self._with(blocks, index, self._tables.colour_masks[v])

    def _shrink(self, blocks: list[int]) -> list[int] | None:
        """A block gives an operator on its rim, and all before or behind it, to the CPU."""
        index = self._any_block(blocks)
        if index is None:
            return None
        blocks[index] &= ~self._rim(blocks[index])
        return blocks

    def _shift(self, blocks: list[int]) -> list[int] | None:
        """An operator on the rim of one block goes to a block that it touches."""
        index = self._any_block(blocks)
        if index is None:
            return None
        part = self._rim(blocks[index])
        touched = [
            other
            for other, block in enumerate(blocks)
            if other != index and self._reads_or_feeds(part) & block
        ]
        if not touched:
            return None
        blocks[index] &= ~part
        return self._with(blocks, touched[self._rng.integers(len(touched))], part)

    def _merge(self, blocks: list[int]) -> list[int] | None:
        index = self._any_block(blocks)
        if index is None or len(blocks) < 2:
            return None
        other = self._any_block(blocks)
        if other is None or other == index:
            return None
        part, blocks[other] = blocks[other], 0
        return self._with(blocks, index, part)

    def _split(self, blocks: list[int]) -> list[int] | None:
        index = self._any_block(blocks)
        if index is None:
            return None
        part = self._rim(blocks[index], deep=True)
        blocks[index] &= ~part
        return [*blocks, part]

    def _open(self, blocks: list[int]) -> list[int] | None:
        """An operator leaves the CPU for an accelerator of its own."""
        v = self._placeable[self._rng.integers(len(self._placeable))]
        return self._with([*blocks, 0], len(blocks), self._tables.closures[v])

    def _close(self, blocks: list[int]) -> list[int] | None:
        index = self._any_block(blocks)
        if index is None:
            return None
        blocks[index] = 0
        return blocks

    def _with(self, blocks: list[int], index: int, part: int) -> list[int] | None:
        """The block grown by a part to a convex set of whole classes, taken from the others."""
        tables = self._tables
        grown, before = blocks[index] | part, 0
        while grown != before:
            before = grown
            grown = convex_hull(grown, tables.ancestors, tables.descendants)
            for v in members(grown & ~before):
                grown |= tables.closures[v]
            if grown & tables.unplaceable:
                return None
        taken = grown & ~blocks[index]
        for other, block in enumerate(blocks):
            if other != index and block & taken:
                blocks[other] = block & ~self._whole_classes(block & taken)
        blocks[index] = grown
        return blocks

    def _rim(self, block: int, *, deep: bool = False) -> int:
        """Classes at the front or the back of a block: one with what lies beyond it."""
        tables = self._tables
        inside = list(members(block))
        reach = tables.ancestors if self._rng.random() < 0.5 else tables.descendants
        if not deep:
            ends = [v for v in inside if not reach[v] & block]
            inside = ends or inside
        v = inside[self._rng.integers(len(inside))]
        return self._whole_classes((reach[v] | 1 << v) & block)

    def _whole_classes(self, mask: int) -> int:
        whole = mask
        for v in members(mask):
            whole |= self._tables.colour_masks[v]
        return whole

    def _nearby(self, block: int) -> int | None:
        tables = self._tables
        near = list(members(self._reads_or_feeds(block) & ~block & ~tables.host_only))
        if not near or self._rng.random() < 0.05:
            near = [v for v in self._placeable if not block >> v & 1]
        return near[self._rng.integers(len(near))] if near else None

    def _reads_or_feeds(self, mask: int) -> int:
        near = 0
        for v in members(mask):
            near |= self._tables.producer_masks[v] | self._tables.consumer_masks[v]
        return near

    def _any_block(self, blocks: list[int]) -> int | None:
        held = [index for index, block in enumerate(blocks) if block]
        return held[self._rng.integers(len(held))] if held else None
