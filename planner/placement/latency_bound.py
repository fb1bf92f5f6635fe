"""Lower bounds on the latency of every placement, from chains of operators.

Take a chain p_0 … p_{m-1} in which each depends on the one before. What one accelerator holds of
it is a contiguous piece [a, b): whoever leaves a block never returns. So every placement cuts the
chain into operators on the CPU and at most k pieces, and its latency is at least their sum. A
piece costs at least, for what must be inside its block and what must be outside of it:

    Σ accelerator(v) for v inside
    + Σ transfer(u) for u outside that the inside reads
    + Σ transfer(v) for v inside that the outside reads
    + the least for its ends that neither settles (see `latency_ends`)

The least sum is a shortest path over the positions of the chain, with the number of pieces as a
second coordinate. It is a bound for every chain; the best of several is taken.

Source: our own, from the rules of the published latency objective (see `latency_price`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.placement.latency_clock import Deadline
from planner.placement.latency_ends import open_ends_s
from planner.placement.latency_labels import PricedChain, least_s
from planner.placement.latency_pieces import PieceSets
from planner.placement.latency_tables import LatencyTables, members

_Floats = NDArray[np.float64]

# A chain is priced with this many pieces apart; beyond, their number binds nothing in practice.
_MOST_PIECES = 32


class ChainBound:
    """Prices chains of one instance.

    A quick one knows only the hull of a piece, and what lies before and behind it on the chain; a
    thorough one derives all that must be inside and outside.
    """

    def __init__(self, tables: LatencyTables, *, thorough: bool) -> None:
        self._tables = tables
        pieces = ThoroughPieces(tables) if thorough else HullPieces(tables)
        self._pieces_s = pieces.least_s

    def price(self, chain: Sequence[int], deadline: Deadline) -> PricedChain:
        """The chain with its least remainders; only its end if the deadline comes first."""
        tables = self._tables
        m = len(chain)
        most = min(tables.n_accelerators, _MOST_PIECES)
        # With more accelerators than rows, the last row stands for any number of them.
        absorbs = tables.n_accelerators > _MOST_PIECES
        left_s = np.full((most + 1, m + 1), np.inf)
        left_s[:, m] = 0.0
        start = m
        is_over = False
        while start > 0 and not is_over:
            start -= 1
            is_over = deadline.is_over()
            left_s[:, start] = tables.cpu_s[chain[start]] + left_s[:, start + 1]
            # The first of a chain may share a block with anything before it.
            pieces_s = self._pieces_s(*((chain[start:], 0) if is_over else (chain, start)))
            if len(pieces_s) and most:
                totals_s = pieces_s + left_s[:, start + 1 : start + 1 + len(pieces_s)]
                best_s = totals_s.min(axis=1)
                left_s[1:, start] = np.minimum(left_s[1:, start], best_s[:-1])
                if absorbs:
                    left_s[-1, start] = min(left_s[-1, start], best_s[-1])
        rows = left_s[:, start:].T.tolist()
        return PricedChain(tuple(chain[start:]), tuple(map(tuple, rows)))


class HullPieces:
    """Prices pieces by their hull alone."""

    def __init__(self, tables: LatencyTables) -> None:
        self._tables = tables
        self._read_behind = list(tables.producer_masks)
        """What each operator or anything behind it reads."""
        for v in reversed(tables.order):
            for w in tables.consumers[v]:
                self._read_behind[v] |= self._read_behind[w]

    def least_s(self, chain: Sequence[int], a: int) -> _Floats:
        """Least time of the pieces from a to each stop, until none can fit."""
        tables, transfer_s = self._tables, self._tables.transfer_s
        before = tables.ancestors[chain[a - 1]] | 1 << chain[a - 1] if a else 0
        after = tables.descendants[chain[a]] | 1 << chain[a]
        hull = read = 0
        size_bytes = run_s = 0.0
        pieces_s = []
        for stop in range(a + 1, len(chain) + 1):
            last = chain[stop - 1]
            added = after & (tables.ancestors[last] | 1 << last) & ~hull
            hull |= added
            size_bytes += tables.size_of(added)
            if added & tables.unplaceable or size_bytes > tables.cap_bytes:
                break
            for v in members(added):
                run_s += tables.accelerator_s[v]
                fresh = tables.producer_masks[v] & before & ~read
                read |= fresh
                run_s += sum(transfer_s[u] for u in members(fresh))
            sent = hull & self._read_behind[chain[stop]] if stop < len(chain) else 0
            pieces_s.append(run_s + sum(transfer_s[v] for v in members(sent)))
        return np.array(pieces_s)


class ThoroughPieces:
    """Prices pieces by all that must be inside and outside their block."""

    def __init__(self, tables: LatencyTables) -> None:
        self._tables = tables
        n = tables.n
        self._accelerator_s = np.array(tables.accelerator_s)
        self._transfer_s = np.array(tables.transfer_s)
        self._pieces = PieceSets(tables)
        rows = [u for u in range(n) for _ in tables.consumers[u]]
        columns = [v for u in range(n) for v in tables.consumers[u]]
        self._feeds = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))

    def least_s(self, chain: Sequence[int], a: int) -> _Floats:
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
        total_s += [open_ends_s(self._tables, piece) for piece in sets]
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
