"""Search for good splits when the ideals are too many: families of some of them.

Any family that holds the empty and the full set gives a valid split, and the best of the family
exactly. The first family is the prefixes of several topological orders, which also mixes them
where they meet. Later ones hold the ideals around the cuts of the best split so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from time import monotonic

from planner.placement.block_orders import block_orders
from planner.placement.blocks import Blocks
from planner.placement.ideal_prices import FamilyPrices, IdealPrices, PrefixPrices
from planner.placement.ideals import IdealNeighbours, prefixes
from planner.placement.machine import Machine, Relief
from planner.placement.split_dp import MOST_CELLS, OutOfTime, Split, best_split, cells

_FIRST_STEPS = (1.02, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_RANDOM_ORDERS = 4
_LONGEST_TABLE = 4_000
"""Blocks up to which all pairs of prefixes are priced in advance."""
_MOST_FAMILY = 12_000
_BALL = 1_500
"""Ideals around one cut, at most."""
_WORK = 1e8
"""Entries that a search of a family may read, roughly."""
_SAMPLES = 16
_MOST_ROWS = 400
"""Combinations of devices, at most, unless one processor makes more."""
_PATIENCE = 3
"""Rounds without a gain to speak of after which the search ends."""
_WORTH = 1e-4
CLOSER = 1 - 1e-9
"""A value must be below the best by this factor to count as better."""


def first_split(
    blocks: Blocks, machine: Machine, *, lower_s: float, seed: int, deadline: float
) -> Split | None:
    """The best split along several topological orders; none if none fits, or too late for any."""
    best: Split | None = None
    family: dict[int, None] = {}
    few = _fewer_devices(machine)
    try:
        for order in block_orders(blocks, seed=seed, n_random=_RANDOM_ORDERS):
            if monotonic() > deadline:
                return best
            best = _better(blocks, few, _order_prices(blocks, order), best, (lower_s, deadline))
            family.update(dict.fromkeys(prefixes(order)))
        if len(blocks) + 1 < len(family) <= _most_family(blocks, few, list(family)):
            best = _better(
                blocks, few, IdealPrices(blocks, list(family)), best, (lower_s, deadline)
            )
    except OutOfTime:
        pass
    return best


def improved_split(
    blocks: Blocks, machine: Machine, split: Split, *, seed: int, deadline: float
) -> Split:
    """The split after searching the ideals around its cuts, again and again."""
    if monotonic() > deadline:
        return split
    random, idle = Random(seed), 0
    around, few = IdealNeighbours(blocks.before), _fewer_devices(machine)
    full = (1 << len(blocks)) - 1
    try:
        while idle < _PATIENCE:
            cuts = split.ideals[1:-1]
            most = _most_family(blocks, few, cuts) // max(len(cuts), 1)
            family = {0: None, full: None}
            for cut in cuts:
                family.update(dict.fromkeys(around.near(cut, min(most, _BALL), random)))
                if monotonic() > deadline:
                    return split
            prices, limit_s = IdealPrices(blocks, list(family)), split.value_s * CLOSER
            found = best_split(prices, few, Relief(blocks), limit_s=limit_s, deadline=deadline)
            if found is None:
                idle += 1
            else:
                gained = 1 - found.value_s / split.value_s
                split, idle = found, idle + 1 if gained < _WORTH else 0
    except OutOfTime:
        pass
    return split


def _order_prices(blocks: Blocks, order: Sequence[int]) -> FamilyPrices:
    if len(order) <= _LONGEST_TABLE:
        return PrefixPrices(blocks, order)
    return IdealPrices(blocks, prefixes(order))


def _fewer_devices(machine: Machine) -> Machine:
    """Fewer processors, where the combinations of devices would be too many to try all."""
    cpus = _MOST_ROWS // (machine.n_accelerators + 1)
    return replace(machine, n_cpus=min(machine.n_cpus, max(1, cpus)))


def _most_family(blocks: Blocks, machine: Machine, samples: Sequence[int]) -> int:
    """Ideals of a family that can be searched quickly; fewer, the more tensors are open."""
    looked_at = samples[:: max(1, len(samples) // _SAMPLES)]
    opened = [
        sum(0 < sum(ideal >> end & 1 for end in ends) < len(ends) for _, ends in blocks.tensors)
        for ideal in looked_at
    ]
    mean = 8 + sum(opened) / max(len(opened), 1)
    devices = machine.n_accelerators + machine.n_cpus
    most = int((_WORK * devices / mean) ** 0.5)
    return min(most, _MOST_FAMILY, MOST_CELLS // cells(1, machine))


def _better(
    blocks: Blocks,
    machine: Machine,
    prices: FamilyPrices,
    best: Split | None,
    stop: tuple[float, float],
) -> Split | None:
    """The best split of a family, or the given one if that is no worse.

    Low limits first: they leave little to search, and what is found below one is the best.
    """
    lower_s, deadline = stop
    if cells(len(prices), machine) > MOST_CELLS:
        return best
    relief = Relief(blocks)
    ceiling_s = worst_value_s(blocks) if best is None else best.value_s * CLOSER
    limits = [step * lower_s for step in _FIRST_STEPS if step * lower_s < ceiling_s and not best]
    for limit_s in (*limits, ceiling_s):
        found = best_split(prices, machine, relief, limit_s=limit_s, deadline=deadline)
        if found is not None:
            return found
    return best


def worst_value_s(blocks: Blocks) -> float:
    """A value above that of every placement."""
    moved_s = sum(transfer_s for transfer_s, _ in blocks.tensors)
    return float(blocks.accelerator_s.sum() + blocks.cpu_s.sum() + moved_s) * 1.001 + 1e-9
