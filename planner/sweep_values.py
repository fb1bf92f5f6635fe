"""What a sweep varies, and the values that it tries where none are given."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from planner.costs.evaluate import Evaluator
from planner.memory_sweep import capped
from planner.problem import Problem
from planner.solution import Solution

_MBIT_PER_S = 1e6 / 8
_STEPS_OF_A_DECADE = (1, 2, 5)
_DECADES = (1, 10, 100)
_CAPS = 12
_CAP_STEP_BYTES = 2**10
"""To which the least cap is rounded up: finer than any limit that people set."""


class SweepAxis(StrEnum):
    """What differs from row to row; everything else stays as profile and cluster say."""

    PARTS = "parts"
    """The number of stages."""
    GRANULARITY = "granularity"
    """The level of blocks between which the model may be cut."""
    BANDWIDTH = "bandwidth"
    """Of every link; delays and overheads stay."""
    MEMORY = "memory"
    """The cap of every node."""


def default_bandwidths_bytes_per_s() -> tuple[float, ...]:
    """From 1 to 1000 Mbit/s, three in a decade: a slow mobile link to a wired network."""
    steps = [step * decade for decade in _DECADES for step in _STEPS_OF_A_DECADE]
    return tuple(mbit * _MBIT_PER_S for mbit in (*steps, 1000))


def default_caps_bytes(problem: Problem, solve: Callable[[Problem], Solution]) -> tuple[int, ...]:
    """Equal steps from the least cap of all nodes with a plan to that of the model in one piece.

    Found by bisection, to the KiB above. Only the latter if no plan needs less.

    Args:
        problem: what to solve; its limits hold.
        solve: finds a plan if there is one.
    """
    whole = _whole_bytes(problem)

    def fits(steps: int) -> bool:
        return solve(capped(problem, steps * _CAP_STEP_BYTES, problem.node_index)).plan is not None

    below, enough = 0, whole // _CAP_STEP_BYTES
    if not fits(enough):
        return (whole,)
    while enough - below > 1:
        middle = (below + enough) // 2
        below, enough = (below, middle) if fits(middle) else (middle, enough)
    least = enough * _CAP_STEP_BYTES
    step = (whole - least) / (_CAPS - 1)
    return tuple(dict.fromkeys((*(least + round(step * i) for i in range(_CAPS - 1)), whole)))


def _whole_bytes(problem: Problem) -> int:
    """What the whole model needs on the node where it needs least."""
    evaluator = Evaluator(problem)
    wholes = (evaluator.evaluate(problem.plan((), (node.name,))) for node in problem.nodes)
    return min(whole.peak_bytes for whole in wholes)
