"""Why no placement fits, and the least change that helps.

With a processor everything fits, because processors have no cap. Without one, accelerators must be
there, run every operator and hold it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum

import numpy as np

from netmodel.units import format_size
from planner.placement.blocks import Blocks
from planner.placement.ideal_prices import IdealPrices
from planner.placement.ideals import bits, enumerate_ideals
from planner.placement.instance import PlacementInstance
from planner.placement.machine import Machine, Relief, useful_machine
from planner.placement.split_dp import MOST_CELLS, OutOfTime, Split, best_split, cells
from planner.placement.split_search import first_split, worst_value_s
from planner.placement.throughput_price import most_bytes

_MOST_IDEALS = 20_000


def impossible_reason(instance: PlacementInstance) -> str | None:
    """Why no placement exists, whatever the memory; none if one might."""
    if instance.n_cpus:
        return None
    barred = [operator.id for operator in instance.operators if not operator.on_accelerator]
    if barred:
        more = f" and {len(barred) - 1:,} more" if len(barred) > 1 else ""
        return (
            f"operator {barred[0]}{more} runs on processors only, and the instance has none; "
            "with 1 CPU a placement fits"
        )
    if not instance.n_accelerators:
        return "the instance has neither accelerators nor CPUs; with 1 CPU a placement fits"
    return None


@dataclass(frozen=True)
class NeededCap:
    """The least cap of the accelerators with which a contiguous split fits."""

    split: Split
    """One that needs `most_bytes` on its fullest device."""
    most_bytes: float
    is_least: bool
    """No smaller cap suffices; else that is open."""


def needed_cap(
    instance: PlacementInstance, blocks: Blocks, *, seed: int, deadline: float
) -> NeededCap | None:
    """The least cap, by the same search with sizes in the place of times; none if out of time."""
    sizes = _sizes_as_times(blocks)
    machine = replace(useful_machine(instance, blocks), n_cpus=0)
    mean_bytes = max(float(blocks.size_bytes.sum()) / machine.n_accelerators, 1e-9)
    split = first_split(sizes, machine, lower_s=mean_bytes, seed=seed, deadline=deadline)
    is_least = False
    ideals = enumerate_ideals(blocks.before, _MOST_IDEALS, deadline=deadline)
    if ideals is not None and cells(len(ideals), machine) <= MOST_CELLS:
        limit = worst_value_s(sizes) if split is None else split.value_s * (1 - 1e-12)
        try:
            prices = IdealPrices(sizes, ideals)
            found = best_split(prices, machine, Relief(sizes), limit_s=limit, deadline=deadline)
            split, is_least = found or split, True
        except OutOfTime:
            pass
    return None if split is None else NeededCap(split, _fullest_bytes(blocks, split), is_least)


def needed_accelerators(
    instance: PlacementInstance, blocks: Blocks, *, deadline: float
) -> int | None:
    """The least number of accelerators that hold everything; none if none does or it is open."""
    if float(blocks.size_bytes.max()) > most_bytes(instance.cap_bytes):
        return None
    sizes = _sizes_as_times(blocks)
    ideals = enumerate_ideals(blocks.before, _MOST_IDEALS, deadline=deadline)
    most = len(blocks)
    if ideals is None or cells(len(ideals), Machine(most, 0, 0.0)) > MOST_CELLS:
        return None
    prices, relief = IdealPrices(sizes, ideals), Relief(sizes)
    limit = most_bytes(instance.cap_bytes) * (1 + 1e-12)
    least = instance.n_accelerators + 1
    try:
        while least < most:
            middle = (least + most) // 2
            machine = Machine(middle, 0, instance.cap_bytes)
            if best_split(prices, machine, relief, limit_s=limit, deadline=deadline) is None:
                least = middle + 1
            else:
                most = middle
    except OutOfTime:
        return None
    return most


def _sizes_as_times(blocks: Blocks) -> Blocks:
    return replace(
        blocks,
        accelerator_s=blocks.size_bytes,
        cpu_s=np.zeros(len(blocks)),
        size_bytes=np.zeros(len(blocks)),
        tensors=(),
    )


def _fullest_bytes(blocks: Blocks, split: Split) -> float:
    return max(
        fsum(blocks.size_bytes[block] for block in bits(later & ~earlier))
        for earlier, later in pairwise(split.ideals)
    )


def over_cap_reason(
    instance: PlacementInstance, blocks: Blocks, needed: NeededCap | None, *, deadline: float
) -> tuple[str, bool]:
    """Why no placement was found within the accelerators' cap and what would help.

    Also whether that proves that there is none.
    """
    cap, count = instance.cap_bytes, needed_accelerators(instance, blocks, deadline=deadline)
    more = f"so does one with {count:,} accelerators, and " if count else ""
    cure = f"{more}with 1 CPU a placement fits, however slow"
    if needed is not None and needed.is_least:
        least = (
            f"no contiguous split fits the cap of {cap:,.0f} bytes: every accelerator lacks at "
            f"least {_more(needed, cap)}, and with that one fits; {cure}"
        )
        return least, True
    proof = _over_cap_proof(instance, blocks)
    start = proof or (
        f"no contiguous split within the cap of {cap:,.0f} bytes was found; whether one exists is "
        "open"
    )
    helps = f"; with {_more(needed, cap)} more on every accelerator one fits" if needed else ""
    return f"{start}{helps}; {cure}", proof is not None


def _more(needed: NeededCap, cap_bytes: float) -> str:
    extra = int(np.ceil(needed.most_bytes - cap_bytes))
    return f"{extra:,} bytes ({format_size(extra)})"


def _over_cap_proof(instance: PlacementInstance, blocks: Blocks) -> str | None:
    """Why the sizes alone rule out every placement; none if they do not."""
    cap, slack = instance.cap_bytes, 1 + 1e-9
    largest = int(np.argmax(blocks.size_bytes))
    if blocks.size_bytes[largest] > cap * slack:
        members = blocks.members[largest]
        others = f" and the {len(members) - 1:,} that go with it" if len(members) > 1 else ""
        return (
            f"operator {instance.operators[members[0]].id}{others} takes "
            f"{blocks.size_bytes[largest]:,.0f} bytes; an accelerator holds {cap:,.0f}"
        )
    total, room = float(blocks.size_bytes.sum()), instance.n_accelerators * cap
    if total > room * slack:
        return f"the operators take {total:,.0f} bytes; all accelerators together hold {room:,.0f}"
    return None
