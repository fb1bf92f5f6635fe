"""Lower bounds on the latency of every placement, from chains of operators.

Take a chain p_0 … p_{m-1} in which each depends on the one before. What one accelerator holds of it
is a contiguous piece [a, b): whoever leaves a block never returns. So every placement cuts the chain
into operators on the CPU and at most k pieces, and its latency is at least the sum over these. A
piece [a, b) costs at least, for the set H that convexity and colours force into its block:

    Σ accelerator(v) for v in H
    + Σ transfer(u) for u in or before p_{a-1}, hence outside the block, that H reads
    + Σ transfer(v) for v in H that something in or behind p_b, hence outside the block, reads

and is impossible if H does not fit, cannot run there, or holds more of the chain than the piece. The
least sum is a shortest path over the positions of the chain, with the number of pieces as a second
coordinate. It is a bound for every chain; the best of several is taken.

Source: the shape of the published latency model (Tarnawski et al., NeurIPS 2020, section 4); the
bound itself is our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.placement.latency_clock import Deadline
from planner.placement.latency_exact import PricedChain, least_s
from planner.placement.latency_pieces import PieceSets
from planner.placement.latency_tables import LatencyTables

_Floats = NDArray[np.float64]

# A chain is priced with this many pieces apart; beyond, their number binds nothing in practice.
_MOST_PIECES = 32


class ChainBound:
    """Prices chains of one instance."""

    def __init__(self, tables: LatencyTables) -> None:
        self._tables = tables
        n = tables.n
        self._accelerator_s = np.array(tables.accelerator_s)
        self._transfer_s = np.array(tables.transfer_s)
        self._pieces = PieceSets(tables)
        rows = [u for u in range(n) for _ in tables.consumers[u]]
        columns = [v for u in range(n) for v in tables.consumers[u]]
        self._feeds = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))

    def price(self, chain: Sequence[int], deadline: Deadline) -> PricedChain | None:
        """The chain with its least remainders; none if the deadline came first."""
        tables = self._tables
        m = len(chain)
        most = min(tables.n_accelerators, _MOST_PIECES)
        # With more accelerators than rows, the last row stands for any number of them.
        absorbs = tables.n_accelerators > _MOST_PIECES
        left_s = np.full((most + 1, m + 1), np.inf)
        left_s[:, m] = 0.0
        for a in reversed(range(m)):
            if deadline.is_over():
                return None
            left_s[:, a] = tables.cpu_s[chain[a]] + left_s[:, a + 1]
            pieces_s = self._pieces_s(chain, a)
            if len(pieces_s) and most:
                totals_s = pieces_s + left_s[:, a + 1 : a + 1 + len(pieces_s)]
                best_s = totals_s.min(axis=1)
                left_s[1:, a] = np.minimum(left_s[1:, a], best_s[:-1])
                if absorbs:
                    left_s[-1, a] = min(left_s[-1, a], best_s[-1])
        return PricedChain(tuple(chain), tuple(map(tuple, left_s.T.tolist())))

    def _pieces_s(self, chain: Sequence[int], a: int) -> _Floats:
        """Least time of the pieces from a to each stop, until none can fit."""
        sets = self._pieces.from_start(chain, a)
        if not sets:
            return np.empty(0)
        n = self._tables.n
        inside = _matrix([piece.inside for piece in sets], n)
        outside = _matrix([piece.outside for piece in sets], n)
        is_read = (self._feeds @ inside.T).T > 0
        is_sent = (self._feeds @ outside.T).T > 0
        total_s = inside @ self._accelerator_s
        total_s += (is_read & (outside > 0)) @ self._transfer_s
        total_s += (is_sent & (inside > 0)) @ self._transfer_s
        open_inputs = is_read & (inside + outside == 0)
        total_s += open_inputs @ np.minimum(self._transfer_s, self._accelerator_s)
        impossible = [not piece.is_possible for piece in sets]
        return np.where(impossible, np.inf, total_s)


def chains(tables: LatencyTables, *, n_random: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Paths from a source to a sink, longest first under several ways to weigh operators.

    Two different chains can bind: where compute is dear, or where tensors are large. Random weights
    add paths that mix them.
    """
    n = tables.n
    least = np.array([least_s(tables, v) for v in range(n)])
    cpu_s, transfer_s = np.array(tables.cpu_s), np.array(tables.transfer_s)
    weights = [
        np.minimum(cpu_s, np.array(tables.accelerator_s) + transfer_s),
        cpu_s,
        least,
        transfer_s,
        np.ones(n),
    ]
    rng = np.random.default_rng(seed)
    seen = set()
    for index in range(len(weights) + n_random):
        if index < len(weights):
            weight = weights[index]
        else:
            mixed = rng.dirichlet(np.ones(len(weights) - 1)) @ np.array(weights[:-1])
            weight = mixed * rng.exponential(size=n)
        path = _longest_path(tables, weight)
        if path not in seen:
            seen.add(path)
            yield path


def _longest_path(tables: LatencyTables, weight: _Floats) -> tuple[int, ...]:
    length = weight.tolist()
    following = [-1] * tables.n
    for v in reversed(tables.order):
        own = length[v]
        for w in tables.consumers[v]:
            if following[v] < 0 or own + length[w] > length[v]:
                length[v], following[v] = own + length[w], w
    sources = [v for v in tables.order if not tables.producers[v]]
    path = [max(sources, key=lambda v: length[v])]
    while following[path[-1]] >= 0:
        path.append(following[path[-1]])
    return tuple(path)


def _matrix(masks: Sequence[int], n: int) -> _Floats:
    """One row per set, with 1 where an operator is in it."""
    n_bytes = (n + 7) // 8
    raw = b"".join(mask.to_bytes(n_bytes, "little") for mask in masks)
    packed = np.frombuffer(raw, dtype=np.uint8).reshape(len(masks), n_bytes)
    return np.unpackbits(packed, axis=1, bitorder="little", count=n).astype(np.float64)
