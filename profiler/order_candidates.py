"""Orders of blocks that are worth a try, for a model that branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from profiler.block_order import BlockDag, block_dag
from profiler.block_tensors import BlockTensors
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
    last kind with random choices. A model without branches has only its own order.

    Args:
        profile: the model.
        seed: of the random choices.
        n_random: how many orders are partly random.
    """
    dag = block_dag(profile)
    program = tuple(range(dag.n_blocks))
    if dag.is_chain:
        return (program,)
    carried = _Carried(profile)
    rng = np.random.default_rng(seed)
    found = [
        program,
        _listed(dag, lambda ready, done: ready[-1]),
        _listed(dag, lambda ready, done: ready[0]),
        _listed(dag, lambda ready, done: max(ready)),
        _listed(dag, carried.least),
        *(_from_outputs(dag, last_first) for last_first in (False, True)),
        *(_listed(dag, carried.nearly_least(rng)) for _ in range(n_random)),
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
    """Choices by the bytes that a cut would carry after the next block."""

    def __init__(self, profile: Profile) -> None:
        self._tensors = BlockTensors(profile)
        self._n_blocks = len(profile.blocks)

    def least(self, ready: list[int], done: list[int]) -> int:
        """The ready block after which the fewest bytes cross; the first in the program if equal."""
        return min(zip(self._after(ready, done), ready, strict=True))[1]

    def nearly_least(self, rng: np.random.Generator) -> _Choice:
        """As `least`, with every count of bytes changed at random by up to a half."""

        def choose(ready: list[int], done: list[int]) -> int:
            noisy = self._after(ready, done) * rng.uniform(0.5, 1.5, len(ready))
            return min(zip(noisy, ready, strict=True))[1]

        return choose

    def _after(self, ready: Sequence[int], done: Sequence[int]) -> NDArray[np.int64]:
        rows = np.zeros((len(ready), self._n_blocks), dtype=np.bool_)
        rows[:, list(done)] = True
        rows[np.arange(len(ready)), list(ready)] = True
        return self._tensors.crossing_bytes(rows)
