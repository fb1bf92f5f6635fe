"""Orders of blocks that are worth a try, for a model that branches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from profiler.block_order import BlockDag, block_dag
from profiler.block_tensors import BlockTensors, Memory
from profiler.profile_records import Profile

_Order = tuple[int, ...]
_Choice = Callable[[list[int], list[int]], int]
"""Picks one of the ready blocks, which are listed in the order in which they became so; the blocks
that are done come second."""


def candidate_orders(
    profile: Profile, *, seed: int = 0, n_random: int = 4
) -> tuple[tuple[int, ...], ...]:
    """Different orders of the blocks, each after those that it depends on; the program's first.

    They follow one branch to its end before the next, or all branches side by side, from the input
    or from the output, or always take the block that leaves the fewest bytes to carry; some of the
    last kind with random changes to the bytes. A model without branches has only its own order.

    Args:
        profile: the model.
        seed: of the random choices.
        n_random: how many orders are partly random.
    """
    dag = block_dag(profile)
    program = tuple(range(dag.n_blocks))
    if dag.is_chain:
        return (program,)
    memory = BlockTensors(profile).tensors
    rng = np.random.default_rng(seed)
    found = [
        program,
        _listed(dag, lambda ready, done: ready[-1]),
        _listed(dag, lambda ready, done: ready[0]),
        _listed(dag, lambda ready, done: max(ready)),
        _listed(dag, _Carried(memory).choose),
        *(_from_outputs(dag, last_first) for last_first in (False, True)),
        *(_listed(dag, _Carried(memory, rng).choose) for _ in range(n_random)),
    ]
    return tuple(dict.fromkeys(found))


def _listed(dag: BlockDag, choose: _Choice) -> _Order:
    """The order that a choice among the ready blocks makes, one block after another."""
    waiting = [len(before) for before in dag.before]
    ready = [block for block, count in enumerate(waiting) if count == 0]
    done: list[int] = []
    while ready:
        block = choose(ready, done)
        ready.remove(block)
        done.append(block)
        for reader in dag.after[block]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                ready.append(reader)
    return tuple(done)


def _from_outputs(dag: BlockDag, last_first: bool) -> _Order:
    """Everything that an output needs just before it, depth first: branches run late."""
    order: dict[int, None] = {}
    sinks = [block for block, readers in enumerate(dag.after) if not readers]
    stack = [(block, False) for block in reversed(sinks)]
    while stack:
        block, is_ready = stack.pop()
        if block in order:
            continue
        if is_ready:
            order[block] = None
            continue
        stack.append((block, True))
        makers = dag.before[block] if last_first else tuple(reversed(dag.before[block]))
        stack.extend((maker, False) for maker in makers)
    return tuple(order)


class _Carried:
    """The bytes that a cut carries, kept up to date while one order grows."""

    def __init__(self, memory: Memory, rng: np.random.Generator | None = None) -> None:
        self._n_bytes = [int(n) for n in memory.n_bytes]
        self._kept = memory.kept.tolist()
        self._left = memory.users.sum(axis=1).tolist()
        """Of each tensor, blocks that make or read it and are not done."""
        self._makes = [np.flatnonzero(column).tolist() for column in memory.makers.T]
        self._uses = [np.flatnonzero(column).tolist() for column in memory.users.T]
        self._n_done = 0
        self._rng = rng

    def choose(self, ready: list[int], done: list[int]) -> int:
        """The ready block that adds the fewest bytes; the first in the program if equal.

        With random numbers, every count of bytes is changed by up to a half.
        """
        for block in done[self._n_done :]:
            for thing in self._uses[block]:
                self._left[thing] -= 1
        self._n_done = len(done)
        added = np.array([self._added(block) for block in ready], dtype=np.float64)
        if self._rng is not None:
            added *= self._rng.uniform(0.5, 1.5, len(ready))
        return min(zip(added, ready, strict=True))[1]

    def _added(self, block: int) -> int:
        made = set(self._makes[block])
        total = 0
        for thing in self._uses[block]:
            is_needed = self._kept[thing] or self._left[thing] > 1
            total += self._n_bytes[thing] * (int(is_needed) - int(thing not in made))
        return total
