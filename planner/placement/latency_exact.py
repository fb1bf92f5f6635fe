"""Exact least latency, by labels over the downsets of an operator graph.

A placement whose blocks wait for each other in no circle can be written as a sequence of steps,
each of which runs one operator on the CPU or one block on an accelerator. What has run after each
step is a downset: it holds all producers of its operators. A label at a downset says how many
accelerators are used and when each output that is still needed is ready; one label dominates
another if it is no worse in any of these. That is exact, and quick while downsets are few.

Two rules keep them few. An operator that loses nothing on the CPU runs there as soon as it can:
nothing gains from its delay. And a label is dropped when the least remainder of the operators, or
of a chain of them, reaches the value that is to be beaten.

Source: the dynamic program over ideals, for the maximum load, of Tarnawski, Phanishayee, Devanur,
Mahajan and Nina Paravecino, "Efficient Algorithms for Device Placement of DNN Graph Operators",
NeurIPS 2020; labels carry it over to latency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.placement.latency_clock import Deadline
from planner.placement.latency_labels import Label, Place, PricedChain, Remainder
from planner.placement.latency_price import block_s
from planner.placement.latency_tables import LatencyTables, mask_of, members

# Long labels and long lists of them count as several steps: steps stand for time and memory.
_FLOATS_PER_STEP = 8
_LABELS_PER_STEP = 8
_STEPS_PER_LOOK = 50


@dataclass(frozen=True)
class ExactAnswer:
    """What the search over all downsets found."""

    is_complete: bool
    """Whether every placement was looked at or ruled out; if not, the rest means nothing."""
    blocks: tuple[int, ...] | None = None
    """Blocks of a placement that beats the value to beat; none if there is no such placement."""
    n_steps: int = 0
    """Steps that were tried."""


def solve_exactly(
    tables: LatencyTables,
    to_beat_s: float,
    *,
    chains: Sequence[PricedChain] = (),
    max_steps: int,
    deadline: Deadline,
) -> ExactAnswer:
    """The placement of least latency below `to_beat_s`, if the search ends within its limits."""
    search = _Search(Remainder(tables, chains, to_beat_s), max_steps, deadline)
    everything = (1 << tables.n) - 1
    for _ in range(tables.n):
        for done in sorted(search.layers.pop(search.size, ())):
            if search.is_over:
                return ExactAnswer(is_complete=False, n_steps=search.n_steps)
            search.expand(done)
        search.size += 1
    if search.is_over:
        return ExactAnswer(is_complete=False, n_steps=search.n_steps)
    labels = search.labels.get(everything, [])
    best = min(labels, key=lambda label: label.latest_s, default=None)
    blocks = None if best is None else best.blocks()
    return ExactAnswer(is_complete=True, blocks=blocks, n_steps=search.n_steps)


class _Search:
    """Labels of the downsets that are reached and not yet left, by number of operators."""

    def __init__(self, remainder: Remainder, max_steps: int, deadline: Deadline) -> None:
        self._remainder = remainder
        self._tables = remainder.tables
        self._max_steps = max_steps
        self._deadline = deadline
        self.n_steps = 0
        self.is_over = deadline.is_over()
        self._next_look = 0
        self.size = 0
        self.labels: dict[int, list[Label]] = {0: [Label(0, 0.0, (), 0, None)]}
        self.layers: defaultdict[int, set[int]] = defaultdict(set, {0: {0}})
        self._places = {0: remainder.place(0, ())}

    def expand(self, done: int) -> None:
        """Takes every step from a downset."""
        tables = self._tables
        labels = self.labels.pop(done)
        outputs = self._places.pop(done).outputs
        available = self._available(done, (1 << tables.n) - 1 & ~done)
        eager = [v for v in available if self._loses_nothing_on_cpu(v, done)]
        self._tick(len(available))
        for v in eager[:1] or available:
            step = _Step(done, 1 << v, tables.producer_masks[v], run_s=tables.cpu_s[v], on_cpu=True)
            self._take(step, labels, outputs)
        if eager or all(label.n_used == tables.n_accelerators for label in labels):
            return
        for block, read in self._blocks(done, available):
            step = _Step(done, block, read, run_s=block_s(tables, block))
            self._take(step, labels, outputs)

    def _available(self, done: int, candidates: int) -> list[int]:
        producers = self._tables.producer_masks
        return [v for v in members(candidates) if not producers[v] & ~done]

    def _blocks(self, done: int, available: list[int]) -> Iterator[tuple[int, int]]:
        """Every block that fits and can run next, with all it reads, each exactly once.

        Depth first: an operator that could join either does, or stays out of all that follows.
        """
        tables = self._tables
        barred = done | tables.host_only
        frames = [_Frame(0, 0.0, 0, 0, mask_of(available))]
        while frames and not self.is_over:
            frame = frames[-1]
            if not frame.candidates:
                frames.pop()
                continue
            bit = frame.candidates & -frame.candidates
            frame.candidates ^= bit
            v = bit.bit_length() - 1
            size_bytes = frame.size_bytes + tables.size_bytes[v]
            self._tick()
            if tables.closures[v] & barred or size_bytes > tables.cap_bytes:
                continue
            block = frame.block | bit
            read = frame.read | tables.producer_masks[v]
            colours = frame.colours | tables.colour_masks[v]
            if not colours & ~block:
                yield block, read
            fresh = mask_of(self._available(done | block, tables.consumer_masks[v]))
            frames.append(_Frame(block, size_bytes, read, colours, frame.candidates | fresh))

    def _loses_nothing_on_cpu(self, v: int, done: int) -> bool:
        tables = self._tables
        if tables.host_only >> v & 1 or tables.closures[v] & done:
            return True
        is_quick = tables.cpu_s[v] == 0 and tables.colour_masks[v] == 1 << v
        return is_quick and (tables.transfer_s[v] == 0 or not tables.consumers[v])

    def _take(self, step: _Step, labels: list[Label], outputs: tuple[int, ...]) -> None:
        """Takes a step from every label of a downset, whose open outputs are given."""
        n_accelerators = self._tables.n_accelerators
        place = self._place(step, outputs)
        column = {u: index for index, u in enumerate(outputs)}
        inputs = [column[u] for u in members(step.read & ~step.block)]
        kept = [column.get(u, -1) for u in place.outputs]
        for label in labels:
            if label.n_used == n_accelerators and not step.on_cpu:
                continue
            self._tick()
            if self.is_over:
                return
            before_s = label.ready_s
            end_s = max([before_s[index] for index in inputs], default=0.0) + step.run_s
            ready_s = tuple([end_s if index < 0 else before_s[index] for index in kept])
            latest_s = max(label.latest_s, end_s)
            n_used = label.n_used + (not step.on_cpu)
            if place.can_win(n_accelerators - n_used, latest_s, ready_s):
                block = 0 if step.on_cpu else step.block
                self._keep(step.after, Label(n_used, latest_s, ready_s, block, label))

    def _place(self, step: _Step, outputs: tuple[int, ...]) -> Place:
        place = self._places.get(step.after)
        if place is None:
            consumers = self._tables.consumer_masks
            candidates = [*outputs, *members(step.block)]
            still_open = sorted(u for u in candidates if consumers[u] & ~step.after)
            place = self._remainder.place(step.after, tuple(still_open))
            self._places[step.after] = place
        return place

    def _tick(self, n_steps: int = 1) -> None:
        """Counts work, and looks at the clock from time to time."""
        self.n_steps += n_steps
        if self.n_steps >= self._next_look:
            self._next_look = self.n_steps + _STEPS_PER_LOOK
            self.is_over = self.n_steps > self._max_steps or self._deadline.is_over()

    def _keep(self, done: int, label: Label) -> None:
        kept = self.labels.get(done)
        if kept is None:
            self.labels[done] = [label]
            self.layers[done.bit_count()].add(done)
            self._tick(len(label.ready_s) // _FLOATS_PER_STEP)
        elif not any(other.dominates(label) for other in kept):
            self._tick(len(kept) // _LABELS_PER_STEP + len(label.ready_s) // _FLOATS_PER_STEP)
            self.labels[done] = [other for other in kept if not label.dominates(other)] + [label]


@dataclass(slots=True)
class _Frame:
    """A block that grows."""

    block: int
    size_bytes: float
    read: int
    colours: int
    """Operators that must join it before it can stop."""
    candidates: int
    """Operators that can still join it."""


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
