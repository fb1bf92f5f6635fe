"""What crosses, and what is live, after any set of blocks: the same counts as `liveness`, by block.

A set of blocks is a *downset* if it holds, with a block, all that the block depends on. Only the
blocks that are done decide what crosses, not their order. Arrays are [sets, blocks], Boolean, and
set where a block is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from profiler.graph import ModelGraph, Op
from profiler.profile_records import Profile

_Bools = NDArray[np.bool_]
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Memory:
    """Things of some size that exist from one operator on until another: tensors, or storages."""

    n_bytes: _Ints
    given: _Bools
    """Exists before any operator runs."""
    kept: _Bools
    """Needed after all of them."""
    makers: _Bools
    """[things, blocks]: makes it, or a view of it."""
    users: _Bools
    """[things, blocks]: makes or reads it, or a view of it."""

    def exists(self, done: _Bools) -> _Bools:
        """Which things exist after each set of blocks; [sets, things]."""
        return self.given | _any(done, self.makers)

    def needed(self, done: _Bools) -> _Bools:
        """Which things are needed by a block outside of each set, or after all; [sets, things]."""
        return self.kept | _any(~done, self.users)


class BlockTensors:
    """The tensors of a profile's graph, and which blocks make and read them."""

    def __init__(self, profile: Profile) -> None:
        graph = profile.graph
        self._ops = [graph.ops[block.op_start : block.op_stop] for block in profile.blocks]
        owner = {spec.name: spec.storage for spec in graph.tensors}
        sizes = {spec.storage: spec.storage_bytes for spec in graph.tensors}
        self.tensors = _memory(
            graph, self._ops, {name: name for name in owner}, [t.n_bytes for t in graph.tensors]
        )
        self._storages = _memory(graph, self._ops, owner, list(sizes.values()))
        self._owner = owner
        self._storage_index = {name: index for index, name in enumerate(sizes)}
        self._unread_bytes = sum(sizes[name] for name in _unread_inputs(graph, owner))

    def crossing_bytes(self, done: _Bools) -> _Ints:
        """Bytes that a cut after each downset has to carry; as `liveness.crossing_tensors`."""
        crosses = self.tensors.exists(done) & self.tensors.needed(done)
        total: _Ints = crosses @ self.tensors.n_bytes
        return total

    def live_bytes(self, block: int, done: _Bools) -> _Ints:
        """Most bytes live at any operator of a block that runs after each downset; [sets].

        As `liveness.live_bytes`: per storage, the block's inputs and outputs included, and what
        only passes it.
        """
        after = done.copy()
        after[:, block] = True
        memory = self._storages
        return self._peak(block, memory.exists(done), memory.needed(after), begins=_is_empty(done))

    def step_live_bytes(self, done: _Bools, block: _Ints, before: _Ints, after: _Ints) -> _Ints:
        """As `live_bytes`, for many steps between some downsets; [steps].

        Args:
            done: the downsets.
            block: the block that each step runs.
            before: place of the downset that it runs after.
            after: place of the downset with it.
        """
        exists, needed = self._storages.exists(done), self._storages.needed(done)
        begins = _is_empty(done)
        live = np.zeros(len(block), dtype=np.int64)
        for index in range(done.shape[1]):
            steps = np.flatnonzero(block == index)
            old, new = before[steps], after[steps]
            live[steps] = self._peak(index, exists[old], needed[new], begins=begins[old])
        return live

    def _peak(self, block: int, exists: _Bools, later: _Bools, *, begins: _Bools) -> _Ints:
        """The most over a block's operators, given what exists before it and is needed after it."""
        n_bytes = self._storages.n_bytes
        passes = ~self._storages.users[:, block]
        passing = (exists & later)[:, passes] @ n_bytes[passes]
        peak = np.zeros(len(exists), dtype=np.int64)
        spans = self._spans(block)
        for place in range(len(self._ops[block])):
            live = passing.copy()
            for thing, (first, last) in spans.items():
                here = (exists[:, thing] | (first <= place)) & (later[:, thing] | (last >= place))
                live += here * n_bytes[thing]
            if place == 0:
                live += begins * self._unread_bytes
            np.maximum(peak, live, out=peak)
        return peak

    def least_live_bytes(self) -> _Ints:
        """For each block, bytes that are live at one of its operators in whatever order; [blocks].

        They are the storages that the operator itself reads and writes.
        """
        sizes = self._storages.n_bytes
        return np.array(
            [
                max(sum(int(sizes[thing]) for thing in self._things(op)) for op in ops)
                for ops in self._ops
            ],
            dtype=np.int64,
        )

    def _things(self, op: Op) -> list[int]:
        names = dict.fromkeys(self._owner[name] for name in (*op.inputs, *op.outputs))
        return [self._storage_index[name] for name in names]

    def _spans(self, block: int) -> dict[int, tuple[int, int]]:
        """For each storage that a block touches: its first maker and last user inside, by place.

        A storage that the block does not make has its first maker after the last operator.
        """
        ops = self._ops[block]
        spans: dict[int, tuple[int, int]] = {}
        for place, op in enumerate(ops):
            made = {self._storage_index[self._owner[name]] for name in op.outputs}
            for thing in self._things(op):
                first, _ = spans.get(thing, (len(ops), 0))
                spans[thing] = (min(first, place) if thing in made else first, place)
        return spans


def _memory(
    graph: ModelGraph,
    blocks: Sequence[Sequence[Op]],
    owner: dict[str, str],
    n_bytes: Sequence[int],
) -> Memory:
    index = {name: place for place, name in enumerate(dict.fromkeys(owner.values()))}
    makers = np.zeros((len(index), len(blocks)), dtype=np.bool_)
    users = np.zeros_like(makers)
    for block, ops in enumerate(blocks):
        made = [index[owner[name]] for op in ops for name in op.outputs]
        read = [index[owner[name]] for op in ops for name in op.inputs]
        makers[made, block] = True
        users[[*made, *read], block] = True
    given, kept = np.zeros((2, len(index)), dtype=np.bool_)
    given[[index[owner[name]] for name in graph.inputs]] = True
    kept[[index[owner[name]] for name in graph.outputs]] = True
    sizes = np.array(n_bytes, dtype=np.int64)
    return Memory(n_bytes=sizes, given=given, kept=kept, makers=makers, users=users)


def _unread_inputs(graph: ModelGraph, owner: dict[str, str]) -> list[str]:
    """Storages of inputs that nothing reads or returns: dropped after the first operator."""
    used = {owner[name] for op in graph.ops for name in (*op.inputs, *op.outputs)}
    used |= {owner[name] for name in graph.outputs}
    return [name for name in dict.fromkeys(owner[n] for n in graph.inputs) if name not in used]


def _is_empty(done: _Bools) -> _Bools:
    counts: NDArray[np.int64] = done.sum(axis=1)
    empty: _Bools = counts == 0
    return empty


def _any(done: _Bools, blocks: _Bools) -> _Bools:
    """Whether one of each thing's blocks is in each set; counted in floats, which are quicker."""
    counts: NDArray[np.float32] = done.astype(np.float32) @ blocks.T.astype(np.float32)
    found: _Bools = counts > 0
    return found
