"""Compute time of blocks and stages on a node."""

from __future__ import annotations

from functools import cached_property
from math import fsum

import numpy as np
from numpy.typing import NDArray

from planner.problem import NodeCosts, Problem

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


def block_compute_s(node: NodeCosts) -> _Floats:
    """Seconds that each block takes on the node: `block_latency_s / blocks_over_whole / speed`.

    The profiled blocks are scaled so that together with one start they take as long as the whole
    model did in the same run, then by the node's speed. A stage takes `stage_start_s` and the sum
    over its blocks, unless these were measured as a whole: `StageCompute`.

    It does not include encoding or decoding messages, waiting for other requests on the node, or a
    change in cache behaviour when fewer blocks share a machine.
    """
    return on_node_s(node, np.array(node.block_latency_s, dtype=np.float64))


def on_node_s(node: NodeCosts, profiled_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds on the node of what takes the given seconds in its profile, scaled as blocks are."""
    return profiled_s / node.blocks_over_whole / node.speed


def stage_start_s(node: NodeCosts) -> float:
    """Seconds that a stage on the node takes beyond its blocks, when it was idle before.

    A process that waited for its input wakes up with cold caches and enters its runtime: a fixed
    time, whatever the stage's length. Under load it hardly waits, so the period has none of it.
    """
    return node.stage_start_s / node.speed


def has_measured_stages(problem: Problem) -> bool:
    """Whether some stage's time is not the sum of its blocks' times."""
    return any(node.measured_stages for node in problem.nodes)


class StageCompute:
    """Compute seconds of the stages [start, stop) on one node, without their starts.

    A stage with a time of its own takes `latency_s / speed`: it was timed as it runs, so there is
    no sum of blocks to scale. Any other takes the sum of its blocks.
    """

    def __init__(self, node: NodeCosts) -> None:
        self._block_s = block_compute_s(node)
        self._measured_s = {
            (stage.start, stage.stop): stage.latency_s / node.speed
            for stage in node.measured_stages
        }

    def stage_s(self, start: int, stop: int) -> float:
        """Seconds of one stage, rounded once."""
        measured_s = self._measured_s.get((start, stop))
        if measured_s is not None:
            return measured_s
        return fsum(self._block_s[start:stop].tolist())

    def stages_s(self, starts: _Ints, stops: _Ints) -> _Floats:
        """Seconds of each stage; as `stage_s`, up to the rounding of sums."""
        seconds: _Floats = self._prefix_s[stops] - self._prefix_s[starts]
        if self._measured_s:
            known, known_s = self._measured
            keys = starts * len(self._prefix_s) + stops
            place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            seconds = np.where(known[place] == keys, known_s[place], seconds)
        return seconds

    @cached_property
    def _prefix_s(self) -> _Floats:
        """Seconds of the blocks before each boundary."""
        return np.concatenate(([0.0], np.cumsum(self._block_s)))

    @cached_property
    def _measured(self) -> tuple[_Ints, _Floats]:
        """Keys of the stages with a time of their own, in ascending order, and their seconds."""
        width = len(self._prefix_s)
        measured = sorted((a * width + b, s) for (a, b), s in self._measured_s.items())
        keys = np.array([key for key, _ in measured], dtype=np.int64)
        return keys, np.array([seconds for _, seconds in measured])
