"""A lower bound over all orders of the blocks, from paths through the model.

Legend: p_0 … p_k-1 is a path: each block reads from the one before. n, m are nodes, c_n(b) = price
of block b on n, c(b) = its least over all nodes. Gap i lies before p_i, gap k after the last.

In any order the blocks of a path run in turn, so that each stage holds a contiguous piece of it,
and with p_i … p_j-1 all that depends on p_i and that p_j-1 depends on: the hull H(i, j). Every cut
lies in one gap and carries at least b_i bytes, the fewest of any cut there (`least_crossing`).
Between two pieces there may be stages without blocks of the path: d_i(n, m) is the cheapest way
from n to m with b_i bytes on each hop. All other blocks cost at least their least. So no plan is
below

    Σ over b off the path of c(b) + min over pieces and nodes of
        entry(m) + d_0(m, n_1) + Σ seg_n(i, j) + Σ d_j(n, n') + d_k(n_K, m') + exit(m')
    seg_n(i, j) = Σ over b in H on the path of c_n(b) + Σ over b in H off it of c_n(b) - c(b)

where a piece must fit its node: the weights of its hull and the work that no order avoids.
It holds for nodes in listed order, if so limited, and else for nodes in any order, which may even
come again.

Of the period, the same with the longest part instead of the sum, and with the busy times of hops:
a piece takes Σ over b in H of c_n(b), and blocks off the path that are in no hull are left out. A
stage on up to r nodes may take r times as long, and a hop to up to q nodes r q times.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from planner.costs.additive import AdditivePrices
from planner.costs.compute import has_measured_stages
from planner.costs.memory import total_bytes, work_bytes
from planner.costs.transfer import HopPrices
from planner.limits import Order
from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solvers.branching.block_paths import longest_path, reachable
from planner.solvers.branching.least_crossing import LeastCrossing
from planner.solvers.budget import Budget
from planner.solvers.node_types import node_types
from profiler.block_order import BlockDag
from profiler.block_tensors import BlockTensors

_Bools = NDArray[np.bool_]
_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_MOST_DETOURS = 4
"""Paths through heavy blocks that the first paths leave out."""
_MANY_PIECES = 100_000_000
"""Above so many pieces of a path times blocks, which take seconds, one path must do."""


def order_bound(
    problem: Problem, objective: Objective, dag: BlockDag, tensors: BlockTensors, budget: Budget
) -> float:
    """No plan in any order of the blocks has a smaller value; infinite if none fits.

    The best over several paths; when the time is up, over those that are done.

    Args:
        problem: the blocks in the program's order, nodes, links and the class of plans.
        objective: an additive one.
        dag: the dependences between the blocks.
        tensors: what they make and read.
        budget: how long it may take.
    """
    bounds = _PathBounds(problem, objective, dag, tensors)
    return _best_bound(bounds, dag, budget)


def order_period_bound(
    problem: Problem, dag: BlockDag, tensors: BlockTensors, budget: Budget
) -> float:
    """No plan in any order of the blocks has a shorter period; infinite if none fits.

    Args:
        problem: as `order_bound` takes it; with the most nodes that a stage may have.
        dag: the dependences between the blocks.
        tensors: what they make and read.
        budget: how long it may take.
    """
    return _best_bound(_PeriodPathBounds(problem, LATENCY, dag, tensors), dag, budget)


def _best_bound(bounds: _PathBounds, dag: BlockDag, budget: Budget) -> float:
    if not np.isfinite(bounds.least).all():
        return np.inf
    best = 0.0
    for path in _paths(dag, bounds):
        best = max(best, bounds.of(path, budget))
        if budget.spent or len(path) ** 2 * dag.n_blocks > _MANY_PIECES:
            break
    return best


def _paths(dag: BlockDag, bounds: _PathBounds) -> Iterator[tuple[int, ...]]:
    """The paths of most time, of most blocks and of most bytes, and detours over heavy blocks."""
    seen: set[tuple[int, ...]] = set()
    for weight in (bounds.least, np.ones(dag.n_blocks), bounds.block.max(axis=0), bounds.weights):
        path = longest_path(dag, weight.astype(np.float64))
        if path not in seen:
            seen.add(path)
            yield path
    left = [b for b in np.argsort(-bounds.least, kind="stable") if not any(b in p for p in seen)]
    for block in left[:_MOST_DETOURS]:
        yield longest_path(dag, bounds.least, int(block))


class _PathBounds:
    """What the bounds of all paths of one problem share."""

    def __init__(
        self, problem: Problem, objective: Objective, dag: BlockDag, tensors: BlockTensors
    ) -> None:
        self._problem = problem
        prices = AdditivePrices(problem, objective)
        self._hop, self._entry, self._exit = prices.between, prices.entry, prices.exit
        self._names = [node.name for node in problem.nodes]
        self.block: _Floats = np.array([prices.block(node) for node in problem.nodes])
        self.weights = np.array(problem.weight_bytes, dtype=np.int64)
        least = tensors.least_live_bytes()
        self._work = work_bytes(problem, least, np.arange(len(least)))
        self._reach = reachable(dag)
        self._crossing = LeastCrossing(dag, tensors)
        self._readers = np.zeros((dag.n_blocks, len(problem.shared)), dtype=np.int64)
        for index, weight in enumerate(problem.shared):
            self._readers[list(weight.blocks), index] = 1
        self._shared = np.array([weight.n_bytes for weight in problem.shared], dtype=np.int64)
        self._alone = self._fits(np.eye(dag.n_blocks, dtype=np.bool_), 0)
        self.least: _Floats = np.where(self._alone, self.block, np.inf).min(axis=0)
        """[blocks]: of each block on the cheapest node that can hold it."""

    def of(self, path: tuple[int, ...], budget: Budget) -> float:
        """The bound that one path gives."""
        between = self._between(path, budget)
        off = np.ones(len(self.least), dtype=np.bool_)
        off[list(path)] = False
        n_nodes, length = len(self._names), len(path)
        finish = np.full((length + 1, n_nodes), np.inf)
        entry, leave = self._ends(between[0][0], between[0][-1])
        for i in range(length):
            ways = between[0][i]
            arrive = entry if i == 0 else self._join(finish[i][:, np.newaxis], ways).min(axis=0)
            pieces = self._pieces(path, i, off, between[1][i])
            finish[i + 1 :] = np.minimum(finish[i + 1 :], self._join(arrive, pieces))
            if budget.spent:
                return self._known()
        return float(self._join(finish[length], leave).min() + self._apart(off))

    def _join(self, first: _Floats, second: _Floats) -> _Floats:
        """The value of two parts of a plan together."""
        return first + second

    def _known(self) -> float:
        """What needs no path."""
        return float(self.least.sum())

    def _apart(self, off: _Bools) -> float:
        """What blocks off the path add."""
        return float(self.least[off].sum())

    def _piece_price(self, hulls: _Bools, off: _Bools) -> _Floats:
        price: _Floats = hulls @ self.block.T - (hulls & off) @ self.least[:, np.newaxis]
        return price

    def _pieces(self, path: tuple[int, ...], i: int, off: _Bools, received: int) -> _Floats:
        """[stops, N]: seg of the pieces that start at one block; infinite where none can fit."""
        hulls = self._reach[path[i]] & self._reach[:, path[i:]].T
        price = self._piece_price(hulls, off)
        return np.where(self._fits(hulls, received).T, price, np.inf)

    def _fits(self, hulls: _Bools, received: int) -> _Bools:
        """[N, sets]: whether a stage with these blocks may fit each node."""
        weights = hulls @ self.weights
        if len(self._shared):
            readers = hulls.astype(np.int64) @ self._readers
            weights = weights - np.maximum(readers - 1, 0) @ self._shared
        work = np.where(hulls, self._work, 0).max(axis=1)
        used = [
            total_bytes(
                node, weight_bytes=weights, work_bytes=work, received_bytes=np.array([received])
            )
            <= node.memory_bytes
            for node in self._problem.nodes
        ]
        return np.array(used)

    def _between(self, path: tuple[int, ...], budget: Budget) -> tuple[_Floats, _Ints]:
        """Ways d in each gap, [gaps, N, N], and its fewest bytes, [gaps]; 0 if the time is up."""
        ends = zip((None, *path), (*path, None), strict=True)
        n_bytes = np.array(
            [0 if budget.spent else self._crossing.least_bytes(a, b) for a, b in ends],
            dtype=np.int64,
        )
        names = self._names
        hops = np.array([[self._hop(a, b, n_bytes) for b in names] for a in names])
        ways = np.moveaxis(hops, 2, 0).copy()
        ways[:, range(len(names)), range(len(names))] = np.inf
        limits = self._problem.limits
        if limits.order is Order.LISTED:
            ways[:, np.tri(len(names), dtype=np.bool_)] = np.inf
        for middle in range(len(names)):
            over = self._join(ways[:, :, middle, np.newaxis], ways[:, middle, np.newaxis, :])
            np.minimum(ways, over, out=ways)
        if not limits.revisits:
            ways[:, range(len(names)), range(len(names))] = np.inf
        return ways, n_bytes

    def _ends(self, before: _Floats, after: _Floats) -> tuple[_Floats, _Floats]:
        """Price of arriving at each node for the first piece, and of leaving it after the last."""
        entry = np.array([self._entry(name) for name in self._names])
        leave = np.array([self._exit(name) for name in self._names])
        first = np.minimum(entry, self._join(entry[:, np.newaxis], before).min(axis=0))
        last = np.minimum(leave, self._join(after, leave).min(axis=1))
        return first, last


class _PeriodPathBounds(_PathBounds):
    """The same for the period."""

    def __init__(
        self, problem: Problem, objective: Objective, dag: BlockDag, tensors: BlockTensors
    ) -> None:
        super().__init__(problem, objective, dag, tensors)
        sizes = {n: len(group) for group in node_types(problem) for n in group}
        most = problem.limits.max_replicas
        self._most_nodes = np.array([min(sizes[n], most) for n in range(len(sizes))])
        nodes_of = dict(zip(self._names, self._most_nodes.tolist(), strict=True))
        self._is_measured = has_measured_stages(problem)
        hops = HopPrices(problem)

        def busy_s(source: str, target: str, n_bytes: _Ints) -> _Floats:
            busy: _Floats = hops.busy_s(source, target, n_bytes)
            return busy / float(nodes_of[source] * nodes_of[target])

        def end_s(source: str, target: str, n_bytes: int) -> float:
            return float(busy_s(source, target, np.array([n_bytes], dtype=np.int64))[0])

        self._hop = busy_s
        self._entry = lambda name: end_s(problem.source, name, problem.cut_bytes[0])
        self._exit = lambda name: end_s(name, problem.sink, problem.cut_bytes[-1])

    def _join(self, first: _Floats, second: _Floats) -> _Floats:
        longer: _Floats = np.maximum(first, second)
        return longer

    def _known(self) -> float:
        return 0.0

    def _apart(self, off: _Bools) -> float:
        return 0.0

    def _piece_price(self, hulls: _Bools, off: _Bools) -> _Floats:
        if self._is_measured:
            # A stage may take less than its blocks do: then hops alone count.
            return np.zeros((len(hulls), len(self.block)))
        price: _Floats = hulls @ self.block.T / self._most_nodes
        return price
