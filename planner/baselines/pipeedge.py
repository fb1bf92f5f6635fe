"""The slowest stage or transfer as quick as possible on unequal machines, as PipeEdge plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.baselines.host_types import HostTypes, host_types
from planner.baselines.wire_time import wire_s
from planner.costs.compute import block_compute_s
from planner.costs.memory import StageMemory
from planner.costs.transfer import HopPrices
from planner.errors import PlannerError
from planner.plan import Plan
from planner.problem import Problem

_Floats = NDArray[np.float64]
_MOST_STEPS = 300_000_000
"""Above so many (set of nodes, next node) pairs times blocks squared, the program is not run."""


class PipeEdge:
    """PipeEdge's dynamic program over sets of nodes, any of which may come next.

    The value is the slowest of the stages' compute times and of the transfers between them, on
    each node's own times and each link's own bandwidth. Stages fit their nodes' memory. Nodes that
    cannot be told apart form a type, and a set of nodes is a count per type. Of one type the first
    listed is used first; a plan may visit types in any order, and leave nodes unused.

    Memory of a stage is that of the evaluator, where PipeEdge counts weights and message buffers.
    The inputs' way to the first stage and the outputs' way from the last are not counted.

    Source: Hu and others, "PipeEdge: Pipeline parallelism for large-scale model inference on
    heterogeneous edge devices", DSD 2022, arXiv 2110.14895. Its released scheduler looks up the
    speed and memory of a type under the number of a host, so that with two hosts of the first type
    it takes the second type for the first; the paper's program does not, nor does this.
    """

    name = "pipeedge"
    note = (
        "least bottleneck of stage and transfer times within the caps, nodes in its own order; "
        "ignores latencies, source and sink"
    )

    def skip_reason(self, problem: Problem) -> str | None:
        """Why there is no plan, or none in reasonable time; none if there is."""
        types = host_types(problem)
        pairs = sum(types.n_sets // (count + 1) * count for count in types.counts)
        steps = pairs * problem.n_blocks**2
        if steps > _MOST_STEPS:
            return (
                f"{len(problem.nodes)} nodes of {len(types)} types and {problem.n_blocks} blocks "
                f"take about {steps:.1e} steps (at most {_MOST_STEPS:.1e})"
            )
        if _Table(problem, types).bottleneck_s < np.inf:
            return None
        return "no stages fit the memory caps and links between nodes, in whatever order"

    def propose(self, problem: Problem) -> Plan:
        """The plan of least bottleneck."""
        types = host_types(problem)
        stages = _Table(problem, types).stages()
        if not stages:
            raise PlannerError(f"{self.name} has no plan: ask for its skip_reason first")
        hosts = [iter(members) for members in types.members]
        names = tuple(problem.nodes[next(hosts[u])].name for _, u in stages)
        return problem.plan(tuple(start for start, _ in stages[1:]), names)


def _free_sets(types: HostTypes, u: int) -> NDArray[np.int64]:
    """Sets that have a node of a type left, ascending."""
    return np.flatnonzero(types.used(u) < types.counts[u])


@dataclass(frozen=True)
class _State:
    """Stages up to `stop`, the last of them on a node of type `u` after the set `used`."""

    used: int
    u: int
    stop: int


class _Table:
    """The dynamic program.

    Legend, for boundaries i < j, a set S of used nodes, node types u and v:
    h(j, S ∪ {u}, v) = min over u of max(g(j, S, u), wire_uv(j)): v comes next, and has received;
    g(j, S, u) = min over i of max(h(i, S, u), compute_u(i … j)): u has run its stage.
    h(0, ∅, v) = 0. The answer is the least g(B, S, u).
    """

    def __init__(self, problem: Problem, types: HostTypes) -> None:
        n, prices, memory = problem.n_blocks, HopPrices(problem), StageMemory(problem)
        self._types, self._n_blocks = types, n
        firsts = [problem.nodes[members[0]] for members in types.members]
        cut_bytes = np.array(problem.cut_bytes, dtype=np.int64)
        self._before_s = [np.append(0.0, np.cumsum(block_compute_s(node))) for node in firsts]
        self._stops = [memory.farthest_stops(node) for node in firsts]
        self._wire_s = np.array(
            [
                [wire_s(prices, *types.pair(problem, u, v), cut_bytes) for v in range(len(types))]
                for u in range(len(types))
            ]
        )
        self._free = [_free_sets(types, u) for u in range(len(types))]
        self._done_s = [np.full((len(sets), n + 1), np.inf) for sets in self._free]
        self._fill()
        self.bottleneck_s = min(float(done_s[:, n].min()) for done_s in self._done_s)

    def stages(self) -> list[tuple[int, int]]:
        """Start and type of each stage of a best plan; none if there is no plan.

        Among equal ones the set, type and start of least number, from the last stage backwards.
        """
        ends = [
            (float(done_s[row, self._n_blocks]), int(used), u)
            for u, (sets, done_s) in enumerate(zip(self._free, self._done_s, strict=True))
            for row, used in enumerate(sets)
        ]
        seconds, used, u = min(ends)
        if not np.isfinite(seconds):
            return []
        state, stages = _State(used, u, self._n_blocks), []
        while True:
            start = self._start(state)
            stages.append((start, state.u))
            if start == 0:
                return stages[::-1]
            state = self._before(state.used, start, state.u)

    def _fill(self) -> None:
        """Boundary by boundary: everything before one is final when it is reached."""
        for i in range(self._n_blocks):
            ready_s = self._ready(i)
            for u, sets in enumerate(self._free):
                reach = slice(i + 1, int(self._stops[u][i]) + 1)
                stage_s = self._before_s[u][reach] - self._before_s[u][i]
                offered_s = np.maximum(ready_s[u, sets][:, None], stage_s)
                done_s = self._done_s[u][:, reach]
                np.minimum(done_s, offered_s, out=done_s)

    def _ready(self, i: int) -> _Floats:
        """h(i, ·, ·), by type and set."""
        ready_s = np.full((len(self._types), self._types.n_sets), np.inf)
        if i == 0:
            ready_s[:, 0] = 0.0
            return ready_s
        for u, sets in enumerate(self._free):
            after = sets + self._types.weights[u]
            offered_s = np.maximum(self._done_s[u][:, i], self._wire_s[u, :, i, None])
            ready_s[:, after] = np.minimum(ready_s[:, after], offered_s)
        return ready_s

    def _g(self, state: _State) -> float:
        row = int(np.searchsorted(self._free[state.u], state.used))
        return float(self._done_s[state.u][row, state.stop])

    def _start(self, state: _State) -> int:
        """The first start that gives g, found by asking again what `_fill` asked."""
        before_s, stops = self._before_s[state.u], self._stops[state.u]
        for i in range(state.stop):
            if stops[i] >= state.stop:
                stage_s = before_s[state.stop] - before_s[i]
                if max(self._h(i, state.used, state.u), stage_s) == self._g(state):
                    return i
        raise RuntimeError("no stage leads to a value that one led to: please report this problem")

    def _h(self, i: int, used: int, v: int) -> float:
        if i == 0:
            return 0.0 if used == 0 else float("inf")
        return min((self._received(state, v) for state in self._earlier(used, i)), default=np.inf)

    def _before(self, used: int, i: int, v: int) -> _State:
        return min(self._earlier(used, i), key=lambda state: self._received(state, v))

    def _earlier(self, used: int, i: int) -> list[_State]:
        """Every state after which just the nodes of a set are used."""
        types = range(len(self._types))
        return [
            _State(used - self._types.weights[u], u, i)
            for u in types
            if self._types.used(u)[used] > 0
        ]

    def _received(self, state: _State, v: int) -> float:
        return max(self._g(state), float(self._wire_s[state.u, v, state.stop]))
