"""The fewest bytes that any cut between two blocks can carry, whatever the order of the blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from profiler.block_order import BlockDag
from profiler.block_tensors import BlockTensors

_Ints = NDArray[np.int64]

_MOST_FLOW = 2**30
"""scipy counts flow in 32 bits."""


class LeastCrossing:
    """Minimum cuts of one model's blocks.

    A downset that holds one block and not another is a side of a cut in a network of blocks and
    tensors: a tensor's bytes lie on the edge from its maker to it, and edges that nothing can cut
    lead from it to its readers and from each block to those that it depends on. Where all tensors
    together have more bytes than 32 bits can count, the answer is rounded down.

    Source: J.-C. Picard, "Maximal closure of a graph and applications to combinatorial problems",
    Management Science 22(11), 1976; a tensor with several readers is paid once, as a hyperedge.
    """

    def __init__(self, dag: BlockDag, tensors: BlockTensors) -> None:
        things = tensors.tensors
        n_blocks, n_things = dag.n_blocks, len(things.n_bytes)
        self._source, self._sink = n_blocks + n_things, n_blocks + n_things + 1
        self._unit = -(-max(int(things.n_bytes.sum()), 1) // _MOST_FLOW)
        capacity = things.n_bytes // self._unit
        self._uncut = int(capacity.sum()) + 1
        place = n_blocks + np.arange(n_things)
        made, maker = np.nonzero(things.makers)
        used, user = np.nonzero(things.users)
        given, kept = np.flatnonzero(things.given), np.flatnonzero(things.kept)
        reader = np.repeat(np.arange(n_blocks), [len(makers) for makers in dag.before])
        needed = np.array([m for makers in dag.before for m in makers], dtype=np.int64)
        self._from = np.concatenate(
            (maker, np.full(len(given), self._source), place[used], place[kept], reader)
        )
        self._to = np.concatenate(
            (place[made], place[given], user, np.full(len(kept), self._sink), needed)
        )
        priced = np.concatenate((capacity[made], capacity[given]))
        uncut = np.full(len(self._from) - len(priced), self._uncut)
        self._capacity = np.concatenate((priced, uncut))

    def least_bytes(self, inside: int | None, outside: int | None) -> int:
        """Fewest bytes over all cuts after one block and before another.

        Args:
            inside: a block that is done, if one has to be.
            outside: a block that is not done, if one has to be.
        """
        ends = [(self._source, inside), (outside, self._sink)]
        more = np.array([end for end in ends if None not in end], dtype=np.int64).reshape(-1, 2)
        froms = np.concatenate((self._from, more[:, 0]))
        tos = np.concatenate((self._to, more[:, 1]))
        uncut = np.full(len(more), self._uncut)
        capacity = np.concatenate((self._capacity, uncut)).astype(np.int32)
        size = self._sink + 1
        network = csr_array((capacity, (froms, tos)), shape=(size, size))
        return int(maximum_flow(network, self._source, self._sink).flow_value) * self._unit
