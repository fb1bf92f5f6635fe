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
from collections.abc import Callable, Iterator, Sequence
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
    """Of each output that is still needed, in the order of `_Search.open_outputs`."""
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

    @property
    def is_over(self) -> bool:
        return self.n_steps > self._max_steps or self._deadline.is_over()

    def expand(self, done: int) -> None:
        """Takes every step from a downset."""
        labels = self.labels.pop(done)
        available = self._available(done, (1 << self._tables.n) - 1 & ~done)
        outputs = self.open_outputs(done)
        known = [dict(zip(outputs, label.ready_s, strict=True)) for label in labels]
        eager = [v for v in available if self._loses_nothing_on_cpu(v, done)]
        for v in eager[:1] or available:
            self._step(labels, known, done, 1 << v, on_cpu=True)
        if eager:
            return
        for block in self._blocks(done, available):
            self._step(labels, known, done, block, on_cpu=False)
            if self.is_over:
                return

    def open_outputs(self, done: int) -> list[int]:
        """Operators of a downset whose output is still needed."""
        consumers = self._tables.consumer_masks
        return [u for u in members(done) if consumers[u] & ~done]

    def _available(self, done: int, candidates: int) -> list[int]:
        producers = self._tables.producer_masks
        return [v for v in members(candidates) if not producers[v] & ~done]

    def _blocks(self, done: int, available: list[int]) -> Iterator[int]:
        """Every block that fits and can run next, by growth along the edges."""
        tables = self._tables
        barred = done | tables.host_only
        stack = [(0, 0.0, available)]
        seen = {0}
        while stack:
            block, size_bytes, candidates = stack.pop()
            if block:
                self.n_steps += 1
                if self._whole_colours(block):
                    yield block
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
                behind = tables.consumer_masks[v] & ~grown
                fresh = self._available(done | grown, behind)
                rest = [w for w in candidates if w != v] + fresh
                stack.append((grown, size_after_bytes, rest))

    def _loses_nothing_on_cpu(self, v: int, done: int) -> bool:
        tables = self._tables
        if tables.host_only >> v & 1 or tables.closures[v] & done:
            return True
        is_quick = tables.cpu_s[v] == 0 and tables.colour_masks[v] == 1 << v
        return is_quick and (tables.transfer_s[v] == 0 or not tables.consumers[v])

    def _whole_colours(self, block: int) -> bool:
        colours = self._tables.colour_masks
        return all(not colours[v] & ~block for v in members(block))

    def _step(
        self,
        labels: list[_Label],
        known: list[dict[int, float]],
        done: int,
        block: int,
        *,
        on_cpu: bool,
    ) -> None:
        """Runs a block, or an operator on the CPU, from every label of a downset."""
        tables = self._tables
        after = done | block
        read = 0
        for v in members(block):
            read |= tables.producer_masks[v]
        inputs = list(members(read & ~block))
        outputs = self.open_outputs(after)
        run_s = tables.cpu_s[block.bit_length() - 1] if on_cpu else block_s(tables, block)
        is_promising = self._remainder.test_at(after, outputs)
        for label, ready_s in zip(labels, known, strict=True):
            if not on_cpu and label.n_used == tables.n_accelerators:
                continue
            self.n_steps += 1
            end_s = max((ready_s[u] for u in inputs), default=0.0) + run_s
            following = _Label(
                n_used=label.n_used + (not on_cpu),
                latest_s=max(label.latest_s, end_s),
                ready_s=tuple(ready_s.get(u, end_s) for u in outputs),
                block=0 if on_cpu else block,
                before=label,
            )
            if is_promising(following):
                self._keep(after, following)

    def _keep(self, done: int, label: _Label) -> None:
        kept = self.labels.get(done)
        if kept is None:
            self.labels[done] = [label]
            self.layers[done.bit_count()].add(done)
        elif not any(other.dominates(label) for other in kept):
            self.labels[done] = [other for other in kept if not label.dominates(other)] + [label]


class _Remainder:
    """Tells labels that cannot beat a value any more."""

    def __init__(
        self, tables: LatencyTables, chains: Sequence[PricedChain], to_beat_s: float
    ) -> None:
        self.tables = tables
        self._chains = [(chain, mask_of(chain.operators)) for chain in chains]
        self._to_beat_s = to_beat_s
        self._through_s = remainders_s(tables)

    def test_at(self, done: int, outputs: list[int]) -> Callable[[_Label], bool]:
        """Whether a label at this downset can still lead to a better value."""
        tables, to_beat_s = self.tables, self._to_beat_s
        # Only what has not run yet can still be waited for.
        tails_s = [
            max(self._through_s[w] for w in members(tables.consumer_masks[u] & ~done))
            for u in outputs
        ]
        ahead: list[tuple[list[int], Sequence[float]]] = []
        for chain, mask in self._chains:
            position = (mask & done).bit_count()
            if position < len(chain.operators):
                before = tables.ancestors[chain.operators[position]]
                needed = [index for index, u in enumerate(outputs) if before >> u & 1]
                ahead.append((needed, chain.left_s[position]))

        def is_promising(label: _Label) -> bool:
            if label.latest_s >= to_beat_s:
                return False
            if any(a + b >= to_beat_s for a, b in zip(label.ready_s, tails_s, strict=True)):
                return False
            n_free = tables.n_accelerators - label.n_used
            for needed, left_s in ahead:
                ready_s = max((label.ready_s[index] for index in needed), default=0.0)
                if ready_s + left_s[min(n_free, len(left_s) - 1)] >= to_beat_s:
                    return False
            return True

        return is_promising


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
