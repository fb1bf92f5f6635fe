"""Lower bounds on the greatest load, each of a relaxation that a few array operations solve.

* *Work*: blocks may be cut up at will, and transfers take no time.
* *Pigeonhole*: of j * m + 1 blocks, some one of m devices runs j + 1.
* *Chain*: blocks that are comparable in the order stay in sequence, so each device has a segment of
  them. With a segment go all blocks between its ends. The blocks before the segment's predecessor
  and after its successor are on other devices, so tensors between here and there are carried. All
  other blocks may be cut up as in the work bound, but the time is needed in total.
* *Cut*: as the work bound, but with the transfers at minimum cuts between the accelerators.

Source: the work bound and the pigeonhole bound are those of scheduling on parallel machines
(Graham, SIAM Journal on Applied Mathematics 17, 1969); the chain bound is ours, in the manner of
state-space relaxation.
"""

from __future__ import annotations

from time import monotonic

import numpy as np
from numpy.typing import NDArray

from planner.placement.blocks import Blocks
from planner.placement.chain_relaxation import ChainRelaxation, heavy_chains
from planner.placement.cut_relaxation import CutRelaxation
from planner.placement.machine import Machine, Relief

_STEPS = 40
_CHAIN_STEPS = 24
_CLOSE = 1e-6
_CUT_STEPS = 4
_WORTH = 1e-4
"""A chain that does not raise the bound by this much is dropped after one look."""
SAFETY = 1 - 1e-9
"""Bounds are lowered by this factor, for rounding."""


def quick_bound_s(blocks: Blocks, machine: Machine) -> float:
    """The greater of the work bound and the pigeonhole bound."""
    return max(work_bound_s(blocks, machine), pigeonhole_bound_s(blocks, machine))


def work_bound_s(blocks: Blocks, machine: Machine) -> float:
    """Least time in which all devices together can do the work, if it could be cut up at will."""
    relief = Relief(blocks)
    low, high = 0.0, float(blocks.accelerator_s.sum() + blocks.cpu_s.sum()) + 1e-12
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if room_s(blocks, machine, relief, middle) >= 0:
            high = middle
        else:
            low = middle
    return low * SAFETY


def room_s(blocks: Blocks, machine: Machine, relief: Relief, limit_s: float) -> float:
    """Accelerator time that is left if every device works up to a limit; below 0 if none is.

    At least the transfers must fit into it.
    """
    cpu_s = machine.n_cpus * limit_s - relief.must_cpu_s
    if cpu_s < 0:
        return -1.0
    saved_s = float(relief.saved_s(cpu_s))
    return machine.n_accelerators * limit_s + saved_s - float(blocks.accelerator_s.sum())


def pigeonhole_bound_s(blocks: Blocks, machine: Machine) -> float:
    """The best over j of what j + 1 blocks on one device take at least."""
    least_s = np.sort(_least_times_s(blocks, machine))[::-1]
    devices = machine.n_accelerators + machine.n_cpus
    if not devices:
        return 0.0
    best = 0.0
    for shared in range((len(least_s) - 1) // devices + 1):
        last = shared * devices
        best = max(best, float(least_s[last - shared : last + 1].sum()))
    return best * SAFETY


def chain_bound_s(
    blocks: Blocks, machine: Machine, *, least_s: float, value_s: float, deadline: float
) -> float:
    """The best chain bound over several chains, between a bound and a value that are known."""
    if monotonic() > deadline:
        return least_s
    relief, best = Relief(blocks), least_s
    for chain in heavy_chains(blocks):
        if monotonic() > deadline:
            break
        relaxation = ChainRelaxation(blocks, machine, chain)
        low, high = best, value_s
        middle = low * (1 + _WORTH)
        for _ in range(_CHAIN_STEPS):
            if monotonic() > deadline or high - low <= _CLOSE * value_s:
                break
            room = room_s(blocks, machine, relief, middle)
            if room >= 0 and relaxation.least_transfer_s(middle, deadline=deadline) <= room:
                high = middle
            else:
                low = best = middle
            middle = (low + high) / 2
            if high <= best * (1 + _WORTH):
                break
    return best * SAFETY if best > least_s else least_s


def cut_bound_s(
    blocks: Blocks, machine: Machine, *, least_s: float, value_s: float, deadline: float
) -> float:
    """The bound by minimum cuts, between a bound and a value that are known.

    What is carried at least below a limit is carried at least below all smaller ones.
    """
    if machine.n_accelerators < 2 or not blocks.tensors or monotonic() > deadline:
        return least_s
    relief, relaxation = Relief(blocks), CutRelaxation(blocks, machine)
    low, high = least_s, value_s
    for _ in range(_CUT_STEPS):
        carried_s = relaxation.least_transfer_s(high, deadline=deadline)
        proved = _least_with_room(blocks, machine, relief, carried_s, (low, high))
        if proved <= low * (1 + _WORTH):
            break
        low = proved
        # If the middle is out of reach as well, the bound rises to it.
        middle = (low + high) / 2
        carried_s = relaxation.least_transfer_s(middle, deadline=deadline)
        if room_s(blocks, machine, relief, middle) >= carried_s:
            high = middle
            low = max(low, _least_with_room(blocks, machine, relief, carried_s, (low, high)))
        else:
            low = middle
    return low * SAFETY if low > least_s else least_s


def _least_with_room(
    blocks: Blocks, machine: Machine, relief: Relief, carried_s: float, between: tuple[float, float]
) -> float:
    """Least limit within bounds that leaves room for so much transfer time, from below."""
    low, high = between
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if room_s(blocks, machine, relief, middle) >= carried_s:
            high = middle
        else:
            low = middle
    return low


def _least_times_s(blocks: Blocks, machine: Machine) -> NDArray[np.float64]:
    """What each block takes at least where it can run; 0 if nowhere."""
    runs = blocks.on_accelerator & (blocks.size_bytes <= machine.cap_bytes)
    runs &= machine.n_accelerators > 0
    accelerator_s = np.where(runs, blocks.accelerator_s, np.inf)
    cpu_s = blocks.cpu_s if machine.n_cpus else np.full(len(blocks), np.inf)
    least_s = np.minimum(accelerator_s, cpu_s)
    return np.where(np.isfinite(least_s), least_s, 0.0)
