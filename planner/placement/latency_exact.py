"""Exact least latency, by labels over the downsets of an operator graph.

A placement whose blocks wait for each other in no circle can be written as a sequence of steps,
each of which runs one operator on the CPU or one block on an accelerator. What has run after each
step is a downset: it holds all producers of its operators. A label at a downset says how many
accelerators are used and when each output that is still needed is ready; one label dominates
another if it is no worse in any of these. That is exact, and quick while downsets are few.

Two rules keep them few. An operator that loses nothing on the CPU runs there as soon as it can:
nothing gains from its delay. And a label is dropped when the least remainder of the operators, or of
a chain of them, reaches the value that is to be beaten.

Source: the dynamic program over ideals of Tarnawski et al., "Efficient Algorithms for Device
Placement of DNN Graph Operators", NeurIPS 2020, section 5, which minimises the maximum load; the
labels carry it over to latency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.placement.latency_clock import Deadline
from planner.placement.latency_price import block_s
from planner.placement.latency_tables import LatencyTables, mask_of, members


@dataclass(frozen=True)
class ExactAnswer:
    """What the search over all downsets found."""

    is_complete: bool
    """Whether every placement was looked at or ruled out; if not, the rest means nothing."""
    blocks: tuple[int, ...] | None = None
    """Blocks of a placement that beats the value to beat; none if there is no such placement."""
    n_steps: int = 0
    """Steps that were tried."""


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
class _Label:
    n_used: int
    latest_s: float
    """Finish of the last operator so far."""
    ready_s: tuple[float, ...]
    """Of each output that is still needed, in the order of `_Place.outputs`."""
    block: int
    """The block of the last step; 0 if it ran on the CPU."""
    before: _Label | None

    def dominates(self, other: _Label) -> bool:
        return (
            self.n_used <= other.n_used
            and self.latest_s <= other.latest_s
            and all(a <= b for a, b in zip(self.ready_s, other.ready_s, strict=True))
        )

    def blocks(self) -> tuple[int, ...]:
        found = []
        label: _Label | None = self
        while label is not None:
            if label.block:
                found.append(label.block)
            label = label.before
        return tuple(reversed(found))


def solve_exactly(
    tables: LatencyTables,
    to_beat_s: float,
    *,
    chains: Sequence[PricedChain] = (),
    max_steps: int,
    deadline: Deadline,
) -> ExactAnswer:
    """The placement of least latency below `to_beat_s`, if the search ends within its limits."""
    search = _Search(_Remainder(tables, chains, to_beat_s), max_steps, deadline)
    everything = (1 << tables.n) - 1
    for _ in range(tables.n):
        for done in sorted(search.layers.pop(search.size, ())):
            search.expand(done)
            if search.is_over:
                return ExactAnswer(is_complete=False, n_steps=search.n_steps)
        search.size += 1
    labels = search.labels.get(everything, [])
    best = min(labels, key=lambda label: label.latest_s, default=None)
    blocks = None if best is None else best.blocks()
    return ExactAnswer(is_complete=True, blocks=blocks, n_steps=search.n_steps)


class _Search:
    """Labels of the downsets that are reached and not yet left, by number of operators."""

    def __init__(self, remainder: _Remainder, max_steps: int, deadline: Deadline) -> None:
        self._remainder = remainder
        self._tables = remainder.tables
        self._max_steps = max_steps
        self._deadline = deadline
        self.n_steps = 0
        self.size = 0
        self.labels: dict[int, list[_Label]] = {0: [_Label(0, 0.0, (), 0, None)]}
        self.layers: defaultdict[int, set[int]] = defaultdict(set, {0: {0}})
        self._places = {0: remainder.place(0, ())}

    @property
    def is_over(self) -> bool:
        return self.n_steps > self._max_steps or self._deadline.is_over()

    def expand(self, done: int) -> None:
        """Takes every step from a downset."""
        tables = self._tables
        labels = self.labels.pop(done)
        outputs = self._places.pop(done).outputs
        available = self._available(done, (1 << tables.n) - 1 & ~done)
        eager = [v for v in available if self._loses_nothing_on_cpu(v, done)]
        for v in eager[:1] or available:
            step = _Step(done, 1 << v, tables.producer_masks[v], run_s=tables.cpu_s[v], on_cpu=True)
            self._take(step, labels, outputs)
        if eager or all(label.n_used == tables.n_accelerators for label in labels):
            return
        for block, read in self._blocks(done, available):
            step = _Step(done, block, read, run_s=block_s(tables, block))
            self._take(step, labels, outputs)
            if self.is_over:
                return

    def _available(self, done: int, candidates: int) -> list[int]:
        producers = self._tables.producer_masks
        return [v for v in members(candidates) if not producers[v] & ~done]

    def _blocks(self, done: int, available: list[int]) -> Iterator[tuple[int, int]]:
        """Every block that fits and can run next, by growth along the edges, with all it reads."""
        tables = self._tables
        barred = done | tables.host_only
        stack = [(0, 0.0, 0, 0, available)]
        seen = {0}
        while stack:
            block, size_bytes, read, colours, candidates = stack.pop()
            if block:
                self.n_steps += 1
                if not colours & ~block:
                    yield block, read
                if self.is_over:
                    return
            for v in candidates:
                grown = block | 1 << v
                size_after_bytes = size_bytes + tables.size_bytes[v]
                if (
                    grown in seen
                    or tables.closures[v] & barred
                    or size_after_bytes > tables.cap_bytes
                ):
                    continue
                seen.add(grown)
                fresh = self._available(done | grown, tables.consumer_masks[v])
                stack.append(
                    (
                        grown,
                        size_after_bytes,
                        read | tables.producer_masks[v],
                        colours | tables.colour_masks[v],
                        [w for w in candidates if w != v] + fresh,
                    )
                )

    def _loses_nothing_on_cpu(self, v: int, done: int) -> bool:
        tables = self._tables
        if tables.host_only >> v & 1 or tables.closures[v] & done:
            return True
        is_quick = tables.cpu_s[v] == 0 and tables.colour_masks[v] == 1 << v
        return is_quick and (tables.transfer_s[v] == 0 or not tables.consumers[v])

    def _take(self, step: _Step, labels: list[_Label], outputs: tuple[int, ...]) -> None:
        """Takes a step from every label of a downset, whose open outputs are given."""
        n_accelerators = self._tables.n_accelerators
        place = self._place(step, outputs)
        column = {u: index for index, u in enumerate(outputs)}
        inputs = [column[u] for u in members(step.read & ~step.block)]
        kept = [column.get(u, -1) for u in place.outputs]
        for label in labels:
            if label.n_used == n_accelerators and not step.on_cpu:
                continue
            self.n_steps += 1
            before_s = label.ready_s
            end_s = max([before_s[index] for index in inputs], default=0.0) + step.run_s
            ready_s = tuple([end_s if index < 0 else before_s[index] for index in kept])
            latest_s = max(label.latest_s, end_s)
            n_used = label.n_used + (not step.on_cpu)
            if place.can_win(n_accelerators - n_used, latest_s, ready_s):
                block = 0 if step.on_cpu else step.block
                self._keep(step.after, _Label(n_used, latest_s, ready_s, block, label))

    def _place(self, step: _Step, outputs: tuple[int, ...]) -> _Place:
        place = self._places.get(step.after)
        if place is None:
            consumers = self._tables.consumer_masks
            candidates = [*outputs, *members(step.block)]
            still_open = sorted(u for u in candidates if consumers[u] & ~step.after)
            place = self._remainder.place(step.after, tuple(still_open))
            self._places[step.after] = place
        return place

    def _keep(self, done: int, label: _Label) -> None:
        kept = self.labels.get(done)
        if kept is None:
            self.labels[done] = [label]
            self.layers[done.bit_count()].add(done)
        elif not any(other.dominates(label) for other in kept):
            self.labels[done] = [other for other in kept if not label.dominates(other)] + [label]


@dataclass(frozen=True, slots=True)
class _Step:
    """A block, or one operator on the CPU, that runs once a downset has run."""

    done: int
    block: int
    read: int
    """All that the block reads, its own included."""
    run_s: float
    on_cpu: bool = False

    @property
    def after(self) -> int:
        return self.done | self.block


@dataclass(frozen=True, slots=True)
class _Place:
    """A downset, as far as its labels need it."""

    outputs: tuple[int, ...]
    """Operators whose output is still needed; labels hold their ready times in this order."""
    latest_ready_s: tuple[float, ...]
    """When each output must be ready to beat the value, by its slowest path ahead."""
    ahead: tuple[tuple[list[int], Sequence[float]], ...]
    """Per chain, the outputs its next operator waits for, and when they must be ready, by the number
    of free accelerators."""
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


class _Remainder:
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

    def place(self, done: int, outputs: tuple[int, ...]) -> _Place:
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
        return _Place(outputs, latest_ready_s, tuple(ahead), self._to_beat_s)

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
