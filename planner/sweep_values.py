"""What a sweep varies, and the values that it tries where none are given."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from planner.costs.evaluate import Evaluator
from planner.memory_sweep import capped
from planner.problem import Problem
from planner.solution import Solution, Status

_MBIT_PER_S = 1e6 / 8
_STEPS_OF_A_DECADE = (1, 2, 5)
_DECADES = (1, 10, 100)
_CAPS = 12
_NO_CAP_BYTES = 2**50
"""More than any machine has."""
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
    """Equal steps from the least cap of all nodes with a plan to one that holds no plan back.

    The least is found by bisection, to the KiB above. If the search ends before it knows whether a
    plan fits a KiB below, that cap comes first. Only the last one if no plan needs less.

    Args:
        problem: what to solve; its limits hold.
        solve: finds a plan if there is one.
    """
    roomy = _roomy_bytes(problem, solve)

    def status(steps: int) -> Status:
        return solve(capped(problem, steps * _CAP_STEP_BYTES, problem.node_index)).status

    enough = roomy // _CAP_STEP_BYTES
    if not status(enough).has_plan:
        return (roomy,)
    below, known_below = 0, Status.INFEASIBLE
    while enough - below > 1:
        middle = (below + enough) // 2
        known = status(middle)
        if known.has_plan:
            enough = middle
        else:
            below, known_below = middle, known
    least = enough * _CAP_STEP_BYTES
    step = (roomy - least) / (_CAPS - 1)
    caps = [*(least + round(step * i) for i in range(_CAPS - 1)), roomy]
    if known_below is Status.UNKNOWN:
        caps.insert(0, below * _CAP_STEP_BYTES)
    return tuple(dict.fromkeys(caps))


def _roomy_bytes(problem: Problem, solve: Callable[[Problem], Solution]) -> int:
    """What is enough for the whole model on every node that can run it, and for the best plan.

    Nodes with profiles of their own need different memory for the same blocks.
    """
    uncapped = capped(problem, _NO_CAP_BYTES, problem.node_index)
    evaluator, best = Evaluator(uncapped), solve(uncapped).plan
    able = [node for node in problem.nodes if not node.cannot_run]
    plans = [uncapped.plan((), (node.name,)) for node in able or problem.nodes]
    return max(evaluator.evaluate(plan).peak_bytes for plan in [*plans, *([best] if best else [])])
