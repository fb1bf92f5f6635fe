"""Shared limits: what all stages of a plan use up together, one row for each limit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.costs.memory import StageMemory
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SharedLimits:
    """Rows `sum over stages of use <= limit`: first each node's bytes, then numbers of stages.

    At most K stages is the row of 1 per stage with the limit K, at least k stages the row of -1
    per stage with the limit -k; either is there only if the problem has it.
    """

    problem: Problem

    @cached_property
    def per_stage(self) -> _Floats:
        """[C]: what any stage uses of the rows that count stages."""
        limits = self.problem.limits
        rows = [1.0] if limits.max_stages is not None else []
        return np.array([*rows, -1.0] if limits.min_stages > 1 else rows)

    @cached_property
    def limit(self) -> _Floats:
        """[N + C]: bytes of each node, then the limits of the counts."""
        limits = self.problem.limits
        counts = (limits.max_stages, -limits.min_stages if limits.min_stages > 1 else None)
        caps = [node.memory_bytes for node in self.problem.nodes]
        return np.array(caps + [count for count in counts if count is not None], dtype=np.float64)

    @cached_property
    def scale(self) -> _Floats:
        """[N + C]: sizes that make the rows comparable."""
        return np.maximum(np.abs(self.limit), 1.0)

    @cached_property
    def _memory(self) -> StageMemory:
        return StageMemory(self.problem)

    def use(self, chain: Chain) -> _Floats:
        """[N + C]: what a chain uses of each row."""
        bounds = np.array([0, *chain.cuts, self.problem.n_blocks])
        used = np.zeros(len(self.limit))
        nodes = np.array(chain.nodes)
        for n in sorted(set(chain.nodes)):
            mine = nodes == n
            node = self.problem.nodes[n]
            used[n] = self._memory.stage_bytes(node, bounds[:-1][mine], bounds[1:][mine]).sum()
        used[len(self.problem.nodes) :] = self.per_stage * len(nodes)
        return used

    def excess(self, chain: Chain) -> _Floats:
        """[N + C]: by how much a chain exceeds each row, relative to its scale; negative if not."""
        found: _Floats = (self.use(chain) - self.limit) / self.scale
        return found

    def holds(self, chain: Chain) -> bool:
        """Whether a chain stays within every row."""
        return bool((self.use(chain) <= self.limit).all())
