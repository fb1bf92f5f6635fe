"""ChainRelaxation: what a chain of comparable blocks forces on every contiguous split.

Let q(0), q(1), … be blocks, each before the next. For any block v let lo(v) be the first place in
the chain that v is before (or at), and hi(v) the last that v is after (or at). A device that holds
exactly the segment q(i) … q(j) of the chain also holds v if hi(v) >= i and lo(v) <= j, as a path
leads through v from one end to the other. It does not hold v if lo(v) < i or hi(v) > j: such a v
is on an earlier device with q(i - 1) or on a later one with q(j + 1), or between.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from planner.placement.blocks import Blocks
from planner.placement.ideals import bits, successors
from planner.placement.machine import Machine
from planner.placement.throughput_price import most_bytes

_LONGEST = 400
"""Blocks of a chain, at most; the lightest are left out."""
_MOST_CPUS = 2
"""Up to so many processors are counted; more are taken as without limit."""

Table = NDArray[np.float64]


class ChainRelaxation:
    """Forced loads of all segments of a chain; segment [i, j] is at row i, column j."""

    def __init__(self, blocks: Blocks, machine: Machine, chain: Sequence[int]) -> None:
        self._length = len(chain)
        self._machine = machine
        first, last = _places(blocks, chain)
        between = (first < len(chain)) & (last >= 0)

        def forced(amounts: NDArray[np.float64]) -> Table:
            table = np.zeros((len(chain), len(chain)))
            np.add.at(table, (last[between], first[between]), amounts[between])
            # Row i sums hi >= i, column j sums lo <= j.
            return np.cumsum(np.cumsum(table[::-1], axis=0)[::-1], axis=1)

        self._transfer_s = _forced_transfer_s(blocks, first, last, len(chain))
        load_s = forced(blocks.accelerator_s) + self._transfer_s
        barred = forced((~blocks.on_accelerator).astype(np.float64)) > 0
        barred |= forced(blocks.size_bytes) > most_bytes(machine.cap_bytes) * (1 + 1e-9)
        empty = np.tril(np.ones_like(load_s, dtype=bool), k=-1)
        self._load_s = np.where(barred | empty, np.inf, load_s)
        self._cpu_s = np.where(empty, np.inf, forced(blocks.cpu_s))

    def least_transfer_s(self, limit_s: float, *, deadline: float) -> float:
        """Least forced transfer time in total, if each device's forced load is within a limit.

        Infinite if the devices do not suffice for the chain; 0 if the deadline passes first.
        """
        step = np.where(self._load_s <= limit_s, self._transfer_s, np.inf)
        cpu_step = np.where(self._cpu_s <= limit_s, 0.0, np.inf)
        counted = self._machine.n_cpus <= _MOST_CPUS
        reach = np.full((self._machine.n_cpus + 1 if counted else 1, self._length + 1), np.inf)
        reach[0, 0] = 0.0
        self._run_cpus(reach, cpu_step, counted=counted)
        for _ in range(self._machine.n_accelerators):
            if monotonic() > deadline:
                return 0.0
            after = reach.copy()
            for row, new in zip(reach, after, strict=True):
                if np.isfinite(row[:-1]).any():
                    np.minimum(new[1:], (row[:-1, None] + step).min(axis=0), out=new[1:])
            self._run_cpus(after, cpu_step, counted=counted)
            if np.array_equal(after, reach):
                break
            reach = after
        return float(reach[:, -1].min())

    def _run_cpus(self, reach: Table, cpu_step: Table, *, counted: bool) -> None:
        """Lets processors take segments: the next one of those counted, or any number."""
        if not self._machine.n_cpus:
            return
        if counted:
            for row, new in pairwise(reach):
                np.minimum(new[1:], (row[:-1, None] + cpu_step).min(axis=0), out=new[1:])
            return
        row = reach[0]
        for stop in range(1, self._length + 1):
            row[stop] = min(row[stop], (row[:stop] + cpu_step[:stop, stop - 1]).min())


def heavy_chains(blocks: Blocks) -> list[list[int]]:
    """Chains for the bound: the longest paths by work, by work and transfers, and by blocks."""
    carried_s = np.zeros(len(blocks))
    for transfer_s, ends in blocks.tensors:
        carried_s[list(ends)] += transfer_s
    each = np.ones(len(blocks))
    weights = [
        blocks.accelerator_s,
        blocks.accelerator_s + carried_s,
        each,
        blocks.accelerator_s / max(float(blocks.accelerator_s.max()), 1e-30) + each,
    ]
    chains = {}
    for weight in weights:
        path = _longest_path(blocks, weight)
        if len(path) > _LONGEST:
            light = sorted(path, key=lambda block: -weights[1][block])[_LONGEST:]
            path = [block for block in path if block not in set(light)]
        chains[tuple(path)] = path
    return list(chains.values())


def _longest_path(blocks: Blocks, weight: NDArray[np.float64]) -> list[int]:
    reach = [0.0] * len(blocks)
    come_from = [-1] * len(blocks)
    for block, mask in enumerate(blocks.before):
        for earlier in bits(mask):
            if come_from[block] < 0 or reach[earlier] > reach[come_from[block]]:
                come_from[block] = earlier
        reach[block] = float(weight[block])
        if come_from[block] >= 0:
            reach[block] += reach[come_from[block]]
    block = max(range(len(blocks)), key=reach.__getitem__)
    path = []
    while block >= 0:
        path.append(block)
        block = come_from[block]
    return path[::-1]


def _places(blocks: Blocks, chain: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places lo and hi of every block; the chain's length and -1 where there is none."""
    first = [len(chain)] * len(blocks)
    last = [-1] * len(blocks)
    for place, block in enumerate(chain):
        first[block] = last[block] = place
    for block, mask in enumerate(blocks.before):
        last[block] = max([last[block], *(last[earlier] for earlier in bits(mask))])
    after = successors(blocks.before)
    for block in reversed(range(len(blocks))):
        first[block] = min([first[block], *(first[later] for later in after[block])])
    return np.array(first), np.array(last)


def _forced_transfer_s(
    blocks: Blocks, first: NDArray[np.int64], last: NDArray[np.int64], length: int
) -> Table:
    """Transfer time that each segment's device carries whatever the rest of the split.

    A tensor counts for [i, j] if one of its ends is held, and one is elsewhere for certain. As a
    function of j the first is true from some place on, which falls in steps as i falls. So each
    tensor is a few rectangles of (i, j), summed by their corners.
    """
    corners = np.zeros((length + 1, length + 1))

    def add(rows: tuple[int, int], columns: tuple[int, int], amount: float) -> None:
        if rows[0] < rows[1] and columns[0] < columns[1]:
            corners[rows[0], columns[0]] += amount
            corners[rows[1], columns[0]] -= amount
            corners[rows[0], columns[1]] -= amount
            corners[rows[1], columns[1]] += amount

    for transfer_s, ends in blocks.tensors:
        places = sorted(((int(last[end]), int(first[end])) for end in ends), reverse=True)
        before_all = min(lo for _, lo in places)
        after_all = places[0][0]
        held_from, stop = length, places[0][0] + 1
        for place, (_, lo) in enumerate(places):
            held_from = min(held_from, lo)
            start = places[place + 1][0] + 1 if place + 1 < len(places) else 0
            split = min(max(before_all + 1, start), stop)
            add((split, stop), (held_from, length), transfer_s)
            add((start, split), (held_from, max(after_all, held_from)), transfer_s)
            stop = start
    return np.cumsum(np.cumsum(corners[:-1, :-1], axis=0), axis=1)
