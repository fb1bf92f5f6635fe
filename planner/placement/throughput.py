"""solve_throughput: the placement of least greatest load, with its proof or its gap.

The class of placements: contiguous splits. In the forward pass the devices can be put in a row so
that no tensor goes back; colours share a device; accelerators hold what they run. The backward
operators of a training step go with their colours, and each device's are contiguous as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

from planner.placement.blocks import Blocks, colour_blocks
from planner.placement.contraction import without_dear_tensors, without_free_blocks
from planner.placement.ideal_prices import IdealPrices
from planner.placement.ideals import bits, enumerate_ideals
from planner.placement.instance import PlacementInstance
from planner.placement.machine import Relief, useful_machine
from planner.placement.placement import Placement, PlacementSolution, accelerator, cpu
from planner.placement.split_dp import MOST_CELLS, OutOfTime, Split, best_split, cells
from planner.placement.split_moves import annealed_split
from planner.placement.split_search import CLOSER, first_split, improved_split
from planner.placement.throughput_bounds import chain_bound_s, quick_bound_s
from planner.placement.throughput_price import most_bytes, value_s, violations
from planner.placement.throughput_shortfall import (
    impossible_reason,
    needed_cap,
    over_cap_reason,
)
from planner.solution import Status

MOST_IDEALS = 150_000
"""Up to so many ideals are searched exactly."""
_MOST_ENTRIES = 150_000_000
"""Ideals times blocks or tensors that are held at once."""
_FEW_IDEALS = 4_000
"""Up to so many are searched at once, without first improving the limit."""
_ENTRY_S = 2e-8
_RESERVE_S = 0.15


@dataclass(frozen=True)
class _Answer:
    """What is known of one class of splits."""

    placement: Placement | None
    value_s: float
    lower_s: float
    method: str
    is_proved: bool
    reason: str = ""


def solve_throughput(
    instance: PlacementInstance, *, time_limit_s: float | None, seed: int
) -> PlacementSolution:
    """The best contiguous placement that was found, and a bound on the best there is.

    Exact if the ideals are few enough and the time suffices; the method says what was searched and
    which limit stopped it. The value is what `throughput_price` says of the placement.
    """
    started = monotonic()
    deadline = started + (float("inf") if time_limit_s is None else time_limit_s) - _RESERVE_S
    solution = _solved(instance, seed, deadline)
    return solution.model_copy(update={"runtime_s": monotonic() - started})


def _solved(instance: PlacementInstance, seed: int, deadline: float) -> PlacementSolution:
    if (reason := impossible_reason(instance)) is not None:
        return _infeasible("check of the devices", reason)
    answer = _best_of_class(instance, seed, deadline, mirror_all=False)
    if answer.placement is None:
        return _infeasible(answer.method, answer.reason)
    if broken := violations(instance, answer.placement):
        if not any(operator.backward for operator in instance.operators):
            raise RuntimeError(f"the split is not valid, please report this instance: {broken[0]}")
        answer = _mirrored(instance, seed, deadline, wider=answer)
        if answer.placement is None:
            return _infeasible(answer.method, answer.reason)
    proved = answer.is_proved
    return PlacementSolution(
        objective="throughput",
        status=Status.OPTIMAL if proved else Status.FEASIBLE,
        method=answer.method,
        placement=answer.placement,
        value_s=answer.value_s,
        lower_bound_s=answer.value_s if proved else min(answer.lower_s, answer.value_s),
        reason=answer.reason,
    )


def _infeasible(method: str, reason: str) -> PlacementSolution:
    return PlacementSolution(
        objective="throughput", status=Status.INFEASIBLE, method=method, reason=reason
    )


def _mirrored(
    instance: PlacementInstance, seed: int, deadline: float, *, wider: _Answer
) -> _Answer:
    """The best split whose backward pass runs through the devices in reverse.

    The wider class binds only the forward pass, so that its bound holds here too.
    """
    answer = _best_of_class(instance, seed, deadline, mirror_all=True)
    lower_s = wider.value_s if wider.is_proved else wider.lower_s
    return replace(
        answer,
        lower_s=lower_s,
        is_proved=answer.placement is not None and answer.value_s * CLOSER <= lower_s,
        method=f"{answer.method}; backward pass in reverse, bound without that",
        reason=answer.reason
        or "the best forward split leaves a device's backward operators apart: placements that "
        "keep them together, but not in reverse, are covered by the bound alone",
    )


def _best_of_class(
    instance: PlacementInstance, seed: int, deadline: float, *, mirror_all: bool
) -> _Answer:
    blocks = without_free_blocks(
        instance, colour_blocks(instance, mirror_all=mirror_all), mirror_all=mirror_all
    )
    machine = useful_machine(instance, blocks)
    lower_s = quick_bound_s(blocks, machine)
    split = first_split(blocks, machine, lower_s=lower_s, seed=seed, deadline=deadline)
    split = split or _one_device(instance, blocks)
    if split is None:
        needed = needed_cap(instance, blocks, seed=seed, deadline=deadline)
        if needed is None or needed.most_bytes > most_bytes(instance.cap_bytes):
            reason = over_cap_reason(instance, blocks, needed)
            return _Answer(None, 0.0, 0.0, "split DP over sizes", is_proved=True, reason=reason)
        split = needed.split
    search = _Search(instance, mirror_all, seed, deadline)
    search.take(blocks, split)
    return search.run(lower_s)


def _one_device(instance: PlacementInstance, blocks: Blocks) -> Split | None:
    """Everything on one device, if one can take it; valued when it is priced."""
    whole = (1 << len(blocks)) - 1
    fits = blocks.on_accelerator.all() and instance.n_accelerators > 0
    if fits and float(blocks.size_bytes.sum()) <= most_bytes(instance.cap_bytes):
        return Split(0.0, (0, whole), (True,))
    return Split(0.0, (0, whole), (False,)) if instance.n_cpus else None


class _Search:
    """The best placement so far; it is kept in operators, as the blocks change with its value."""

    def __init__(
        self, instance: PlacementInstance, mirror_all: bool, seed: int, deadline: float
    ) -> None:
        self.instance, self.mirror_all = instance, mirror_all
        self.seed, self.deadline = seed, deadline

    def take(self, blocks: Blocks, split: Split) -> None:
        """Adopts a split."""
        self.placement = _placement(self.instance, blocks, split)
        self.value_s = value_s(self.instance, self.placement)
        self.blocks = without_dear_tensors(
            self.instance, blocks, self.value_s / CLOSER, mirror_all=self.mirror_all
        )
        self.split = replace(_recut(self.blocks, blocks, split), value_s=self.value_s)
        self.machine = useful_machine(self.instance, self.blocks)

    def run(self, lower_s: float) -> _Answer:
        """Searches all ideals if they are few, else around the best cuts."""
        if self.value_s * CLOSER <= lower_s:
            return self._answer(lower_s, "cuts along topological orders, met by the bound", True)
        if (found := self._exact(_FEW_IDEALS)) is not None:
            return found
        lower_s = chain_bound_s(
            self.blocks,
            self.machine,
            least_s=lower_s,
            value_s=self.value_s,
            deadline=self.deadline,
        )
        for improve in (annealed_split, improved_split):
            better = improve(
                self.blocks, self.machine, self.split, seed=self.seed, deadline=self.deadline
            )
            if better.value_s < self.value_s:
                self.take(self.blocks, better)
        if self.value_s * CLOSER <= lower_s:
            return self._answer(lower_s, "cuts improved around orders, met by the bound", True)
        if (found := self._exact(self._most_ideals())) is not None:
            return found
        late = monotonic() > self.deadline
        stopped = "time limit" if late else f"ideals more than {self._most_ideals():,}"
        method = f"cuts along topological orders, improved around the cuts; stopped: {stopped}"
        return self._answer(lower_s, method, False)

    def _most_ideals(self) -> int:
        width = max(len(self.blocks), len(self.blocks.tensors))
        most = min(MOST_IDEALS, _MOST_ENTRIES // width)
        return min(most, MOST_CELLS // cells(1, self.machine))

    def _exact(self, limit: int) -> _Answer | None:
        """The best of all contiguous splits; none if the ideals or the time do not allow it."""
        ideals = enumerate_ideals(self.blocks.before, limit, deadline=self.deadline)
        if ideals is None:
            return None
        width = len(self.blocks) + len(self.blocks.tensors)
        if monotonic() + len(ideals) * width * _ENTRY_S > self.deadline:
            return None
        try:
            found = best_split(
                IdealPrices(self.blocks, ideals),
                self.machine,
                Relief(self.blocks),
                limit_s=self.value_s * CLOSER,
                deadline=self.deadline,
            )
        except OutOfTime:
            return None
        if found is not None:
            self.take(self.blocks, found)
        return self._answer(self.value_s, f"split DP over all {len(ideals):,} ideals", True)

    def _answer(self, lower_s: float, method: str, is_proved: bool) -> _Answer:
        return _Answer(self.placement, self.value_s, lower_s, method, is_proved)


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
