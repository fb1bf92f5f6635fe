"""Moves: a split improved by moving single blocks between devices, at falling temperature.

The devices stand in a row, and a block may move to any device that is not before those of its
predecessors nor after those of its successors: so every state is a contiguous split. The energy is
a norm of the loads that is close to their maximum but also rewards balance below it.

Source: Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing", Science 220, 1983.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp
from random import Random
from time import monotonic

from planner.placement.blocks import Blocks
from planner.placement.ideals import bits, successors
from planner.placement.machine import Machine
from planner.placement.split_dp import Split
from planner.placement.throughput_price import most_bytes

_NORM = 16
_MOVES_PER_BLOCK = 1_000
_MOST_MOVES = 250_000
_WARM, _COLD = 0.003, 1e-5
"""First and last temperature, relative to the energy at the start."""
_MOST_COUNTS = 1_000_000
"""Devices times tensors that are kept count of; nothing is tried beyond."""
_CLOCK_EVERY = 256


def annealed_split(
    blocks: Blocks, machine: Machine, split: Split, *, seed: int, deadline: float
) -> Split:
    """The best split met on the way; the given one if none is better."""
    n_counts = (machine.n_accelerators + machine.n_cpus) * len(blocks.tensors)
    if n_counts > _MOST_COUNTS or monotonic() > deadline:
        return split
    row = _Row(blocks, machine, split)
    random = Random(seed)
    energy = start = row.energy()
    best_s, best = row.value_s(), list(row.device)
    n_moves = min(_MOST_MOVES, _MOVES_PER_BLOCK * len(blocks))
    for turn in range(n_moves):
        if turn % _CLOCK_EVERY == 0 and monotonic() > deadline:
            break
        block = random.randrange(len(blocks))
        move = row.priced(block, row.target(block, random))
        if move is None:
            continue
        temperature = start * _WARM * (_COLD / _WARM) ** (turn / n_moves)
        risen = move.energy - energy
        if risen > 0 and random.random() >= exp(-risen / temperature):
            continue
        row.make(block, move)
        energy = move.energy
        if max(move.loads_s) < best_s and (value_s := row.value_s()) < best_s * (1 - 1e-9):
            best_s, best = value_s, list(row.device)
    return row.as_split(best, best_s) if best_s < split.value_s else split


@dataclass(frozen=True)
class _Move:
    target: int
    loads_s: tuple[float, float]
    """New loads of the device that the block leaves and of the one it comes to."""
    energy: float


class _Row:
    """Devices in a row, with the block's device and the devices' loads kept up to date."""

    def __init__(self, blocks: Blocks, machine: Machine, split: Split) -> None:
        self._blocks = blocks
        kinds = list(split.on_accelerator)
        kinds += [True] * (machine.n_accelerators - kinds.count(True))
        kinds += [False] * (machine.n_cpus - kinds.count(False))
        self._kinds = kinds
        self.device = [0] * len(blocks)
        for number, (earlier, later) in enumerate(pairwise(split.ideals)):
            for block in bits(later & ~earlier):
                self.device[block] = number
        self._before = [list(bits(mask)) for mask in blocks.before]
        self._after = successors(blocks.before)
        self._touching: list[list[int]] = [[] for _ in range(len(blocks))]
        self._held = [[0] * len(kinds) for _ in blocks.tensors]
        for tensor, (_, ends) in enumerate(blocks.tensors):
            for end in ends:
                self._touching[end].append(tensor)
                self._held[tensor][self.device[end]] += 1
        self._compute_s = [blocks.accelerator_s.tolist(), blocks.cpu_s.tolist()]
        self._sizes = blocks.size_bytes.tolist()
        self._most = most_bytes(machine.cap_bytes)
        self._loads_s, self._used = [0.0] * len(kinds), [0.0] * len(kinds)
        for block, number in enumerate(self.device):
            self._loads_s[number] += self._compute_s[not kinds[number]][block]
            self._used[number] += self._sizes[block]
        for (transfer_s, ends), held in zip(blocks.tensors, self._held, strict=True):
            for number, count in enumerate(held):
                if kinds[number] and 0 < count < len(ends):
                    self._loads_s[number] += transfer_s
        self._scale = max(self._loads_s) or 1.0
        self._powers = [self._power(load) for load in self._loads_s]
        self._total = sum(self._powers)

    def value_s(self) -> float:
        """The greatest load."""
        return max(self._loads_s)

    def energy(self) -> float:
        """The norm of the loads."""
        return float(self._scale * self._total ** (1 / _NORM))

    def target(self, block: int, random: Random) -> int:
        """A random device to which the order lets the block go; its own if there is no other."""
        low = max((self.device[other] for other in self._before[block]), default=0)
        top = len(self._kinds) - 1
        high = min((self.device[other] for other in self._after[block]), default=top)
        return random.randint(low, high)

    def priced(self, block: int, target: int) -> _Move | None:
        """The loads after a move; none if it is no move or breaks a limit."""
        source = self.device[block]
        to_accelerator = self._kinds[target]
        if target == source or (to_accelerator and not self._blocks.on_accelerator[block]):
            return None
        if to_accelerator and self._used[target] + self._sizes[block] > self._most:
            return None
        less = -self._compute_s[not self._kinds[source]][block]
        more = self._compute_s[not to_accelerator][block]
        carried = self._carried_s(block, source, target)
        less += carried[0] if self._kinds[source] else 0.0
        more += carried[1] if to_accelerator else 0.0
        loads_s = self._loads_s[source] + less, self._loads_s[target] + more
        total = self._total - self._powers[source] - self._powers[target]
        total += self._power(loads_s[0]) + self._power(loads_s[1])
        return _Move(target, loads_s, self._scale * max(total, 0.0) ** (1 / _NORM))

    def _carried_s(self, block: int, source: int, target: int) -> tuple[float, float]:
        """Change of the transfers at both devices, were they accelerators."""
        at_source = at_target = 0.0
        for tensor in self._touching[block]:
            transfer_s, ends = self._blocks.tensors[tensor]
            here, there = self._held[tensor][source], self._held[tensor][target]
            at_source += transfer_s * ((here > 1) - (here < len(ends)))
            at_target += transfer_s * ((there + 1 < len(ends)) - (there > 0))
        return at_source, at_target

    def make(self, block: int, move: _Move) -> None:
        """Carries out a move."""
        source = self.device[block]
        for tensor in self._touching[block]:
            self._held[tensor][source] -= 1
            self._held[tensor][move.target] += 1
        self.device[block] = move.target
        self._used[source] -= self._sizes[block]
        self._used[move.target] += self._sizes[block]
        for number, load in zip((source, move.target), move.loads_s, strict=True):
            self._loads_s[number] = load
            self._total -= self._powers[number]
            self._powers[number] = self._power(load)
            self._total += self._powers[number]

    def _power(self, load_s: float) -> float:
        return float(max(load_s, 0.0) / self._scale) ** _NORM

    def as_split(self, device: list[int], value_s: float) -> Split:
        """A state as a split, without the devices that run nothing."""
        ideals, kinds = [0], []
        groups: dict[int, int] = {}
        for block, number in enumerate(device):
            groups[number] = groups.get(number, 0) | 1 << block
        for number in sorted(groups):
            ideals.append(ideals[-1] | groups[number])
            kinds.append(self._kinds[number])
        return Split(value_s, tuple(ideals), tuple(kinds))
