"""PlacementSearch: from a first split to the best that the ideals and the time allow.

If the ideals are few, all are searched. Otherwise the split is improved and bounded first: a better
value leaves less to search, and may glue blocks together so that the ideals become few.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

from planner.placement.blocks import Blocks
from planner.placement.contraction import without_dear_tensors, without_free_blocks
from planner.placement.ideal_prices import IdealPrices
from planner.placement.ideals import bits, enumerate_ideals
from planner.placement.instance import PlacementInstance
from planner.placement.machine import Machine, Relief, useful_machine
from planner.placement.placement import Placement, accelerator, cpu
from planner.placement.split_dp import MOST_CELLS, OutOfTime, Split, best_split, cells, n_pairs
from planner.placement.split_moves import annealed_split
from planner.placement.split_search import CLOSER, improved_split
from planner.placement.throughput_bounds import SAFETY, chain_bound_s, cut_bound_s
from planner.placement.throughput_price import value_s

MOST_IDEALS = 400_000
"""Up to so many ideals are searched exactly."""
_MOST_ENTRIES = 150_000_000
"""Ideals times blocks or tensors that are held at once."""
MOST_PAIRS = 300_000_000
"""Up to so many pairs of ideals are looked at without first improving the split."""
_ENTRY_S = 2e-8
_CUTS = "cuts along topological orders, improved around the cuts"


@dataclass(frozen=True)
class Answer:
    """What is known of one class of splits."""

    placement: Placement | None
    value_s: float
    lower_s: float
    method: str
    is_proved: bool
    reason: str = ""


class _Unfinished(Exception):
    """An exact search did not end; the text is the limit that stopped it."""


class PlacementSearch:
    """The best placement so far, and the blocks that any better one keeps together."""

    def __init__(
        self, instance: PlacementInstance, *, mirror_all: bool, seed: int, deadline: float
    ) -> None:
        self._instance, self._mirror_all = instance, mirror_all
        self._seed, self._deadline = seed, deadline

    def take(self, blocks: Blocks, split: Split) -> None:
        """Adopts a split."""
        self._placement = _placement(self._instance, blocks, split)
        self._value_s = value_s(self._instance, self._placement)
        self._blocks = without_dear_tensors(
            self._instance, blocks, self._value_s / CLOSER, mirror_all=self._mirror_all
        )
        self._split = replace(_recut(self._blocks, blocks, split), value_s=self._value_s)
        self._machine = useful_machine(self._instance, self._blocks)

    def run(self, lower_s: float) -> Answer:
        """The best placement that is found, and the best bound, which is at least the one given."""
        if self._is_met(lower_s):
            return self._answer(lower_s, "cuts along topological orders, met by the bound")
        try:
            return self._search_all(MOST_PAIRS)
        except _Unfinished:
            pass
        if monotonic() > self._deadline:
            return self._answer(lower_s, "cuts along topological orders; stopped: time limit")
        for bound_s in (chain_bound_s, cut_bound_s):
            lower_s = bound_s(
                self._blocks,
                self._machine,
                least_s=lower_s,
                value_s=self._value_s,
                deadline=self._deadline,
            )
        lower_s = max(lower_s, self._bound_without_caps_s())
        for improve in (annealed_split, improved_split):
            if self._is_met(lower_s):
                break
            better = improve(
                self._blocks, self._machine, self._split, seed=self._seed, deadline=self._deadline
            )
            if better.value_s < self._value_s:
                self.take(self._blocks, better)
        if self._is_met(lower_s):
            return self._answer(lower_s, f"{_CUTS}, met by the bound")
        try:
            return self._search_all(None)
        except _Unfinished as stopped:
            return self._answer(lower_s, f"{_CUTS}; stopped: {stopped}")

    def _is_met(self, lower_s: float) -> bool:
        return self._value_s * CLOSER <= lower_s

    def _search_all(self, most_pairs: int | None) -> Answer:
        """The best of all contiguous splits.

        Raises:
            _Unfinished: the ideals, their pairs or the time do not allow it.
        """
        found, count = self._best_of_all(self._blocks, self._machine, most_pairs)
        if found is not None:
            self.take(self._blocks, found)
        return self._answer(self._value_s, f"split DP over all {count:,} ideals")

    def _best_of_all(
        self, blocks: Blocks, machine: Machine, most_pairs: int | None
    ) -> tuple[Split | None, int]:
        """The best split of some blocks if it beats the one known, and the number of ideals."""
        limit = _most_ideals(blocks, machine)
        ideals = enumerate_ideals(blocks.before, limit, deadline=self._deadline)
        late = monotonic() > self._deadline
        if ideals is None:
            raise _Unfinished("time limit" if late else f"ideals more than {limit:,}")
        width = len(blocks) + len(blocks.tensors)
        if monotonic() + len(ideals) * width * _ENTRY_S > self._deadline:
            raise _Unfinished("time limit")
        prices, limit_s = IdealPrices(blocks, ideals), self._value_s * CLOSER
        if most_pairs is not None and n_pairs(prices, limit_s) > most_pairs:
            raise _Unfinished("pairs of ideals")
        try:
            found = best_split(
                prices, machine, Relief(blocks), limit_s=limit_s, deadline=self._deadline
            )
        except OutOfTime as late_error:
            raise _Unfinished("time limit") from late_error
        return found, len(ideals)

    def _bound_without_caps_s(self) -> float:
        """What the best split would take if memory were ample; 0 if that is as hard.

        Without caps more blocks merge, so that there are fewer ideals. Among the splits of those
        blocks there may be one that holds the caps and is better than the one known.
        """
        caps_bind = float(self._blocks.size_bytes.sum()) > self._machine.cap_bytes
        if not caps_bind or monotonic() > self._deadline:
            return 0.0
        blocks = without_free_blocks(
            self._instance, self._blocks, mirror_all=self._mirror_all, any_size=True
        )
        if len(blocks) == len(self._blocks):
            return 0.0
        ample = replace(self._machine, cap_bytes=float("inf"))
        try:
            found, _ = self._best_of_all(blocks, ample, None)
            if found is None:
                return self._value_s
            within, _ = self._best_of_all(blocks, self._machine, None)
            if within is not None:
                self.take(blocks, within)
        except _Unfinished:
            return 0.0
        return found.value_s * SAFETY

    def _answer(self, lower_s: float, method: str) -> Answer:
        return Answer(
            self._placement, self._value_s, lower_s, method, is_proved=self._is_met(lower_s)
        )


def _most_ideals(blocks: Blocks, machine: Machine) -> int:
    width = max(len(blocks), len(blocks.tensors))
    return min(MOST_IDEALS, _MOST_ENTRIES // width, MOST_CELLS // cells(1, machine))


def _placement(instance: PlacementInstance, blocks: Blocks, split: Split) -> Placement:
    devices = [""] * len(instance.operators)
    used = {True: 0, False: 0}
    for earlier, later, on_accelerator in zip(
        split.ideals[:-1], split.ideals[1:], split.on_accelerator, strict=True
    ):
        label = (accelerator if on_accelerator else cpu)(used[on_accelerator])
        used[on_accelerator] += 1
        for block in bits(later & ~earlier):
            for place in blocks.members[block]:
                devices[place] = label
    return Placement(devices=tuple(devices))


def _recut(new: Blocks, old: Blocks, split: Split) -> Split:
    """The same split in other blocks, none of which it cuts."""
    of_place = {place: block for block, group in enumerate(new.members) for place in group}
    ideals = []
    for ideal in split.ideals:
        inside = {of_place[old.members[block][0]] for block in bits(ideal)}
        ideals.append(sum(1 << block for block in inside))
    return replace(split, ideals=tuple(ideals))
