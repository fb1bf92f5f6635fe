"""solve_throughput: the placement of least greatest load, with its proof or its gap.

The class of placements: contiguous splits. In the forward pass the devices can be put in a row so
that no tensor goes back; colours share a device; accelerators hold what they run. The backward
operators of a training step go with their colours, and each device's are contiguous as well.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic

from planner.placement.blocks import Blocks, colour_blocks
from planner.placement.contraction import without_free_blocks
from planner.placement.instance import PlacementInstance
from planner.placement.machine import useful_machine
from planner.placement.placement import PlacementSolution
from planner.placement.placement_search import Answer, PlacementSearch
from planner.placement.split_dp import Split
from planner.placement.split_search import CLOSER, first_split
from planner.placement.throughput_bounds import quick_bound_s
from planner.placement.throughput_price import most_bytes, violations
from planner.placement.throughput_shortfall import (
    impossible_reason,
    needed_cap,
    over_cap_reason,
)
from planner.solution import Status

_RESERVE_S = 0.15


def solve_throughput(
    instance: PlacementInstance, *, time_limit_s: float | None, seed: int
) -> PlacementSolution:
    """The best contiguous placement that was found, and a bound on the best there is.

    Exact if the ideals are few enough and the time suffices; the method says what was searched and
    which limit stopped it. The value is what `throughput_price` says of the placement.
    """
    started = monotonic()
    deadline = started + (float("inf") if time_limit_s is None else time_limit_s) - _RESERVE_S
    solution = _solved(instance, seed, deadline)
    return solution.model_copy(update={"runtime_s": monotonic() - started})


def _solved(instance: PlacementInstance, seed: int, deadline: float) -> PlacementSolution:
    if (reason := impossible_reason(instance)) is not None:
        return _without_placement("check of the devices", reason, is_proved=True)
    answer = _best_of_class(instance, seed, deadline, mirror_all=False)
    if answer.placement is None:
        return _without_placement(answer.method, answer.reason, is_proved=answer.is_proved)
    if broken := violations(instance, answer.placement):
        if not any(operator.backward for operator in instance.operators):
            raise RuntimeError(f"the split is not valid, please report this instance: {broken[0]}")
        answer = _mirrored(instance, seed, deadline, wider=answer)
        if answer.placement is None:
            return _without_placement(answer.method, answer.reason, is_proved=False)
    proved = answer.is_proved
    return PlacementSolution(
        objective="throughput",
        status=Status.OPTIMAL if proved else Status.FEASIBLE,
        method=answer.method,
        placement=answer.placement,
        value_s=answer.value_s,
        lower_bound_s=answer.value_s if proved else min(answer.lower_s, answer.value_s),
        reason=answer.reason,
    )


def _without_placement(method: str, reason: str, *, is_proved: bool) -> PlacementSolution:
    status = Status.INFEASIBLE if is_proved else Status.UNKNOWN
    return PlacementSolution(objective="throughput", status=status, method=method, reason=reason)


def _mirrored(instance: PlacementInstance, seed: int, deadline: float, *, wider: Answer) -> Answer:
    """The best split whose backward pass runs through the devices in reverse.

    The wider class binds only the forward pass, so that its bound holds here too.
    """
    answer = _best_of_class(instance, seed, deadline, mirror_all=True)
    lower_s = wider.value_s if wider.is_proved else wider.lower_s
    return replace(
        answer,
        lower_s=lower_s,
        is_proved=answer.placement is not None and answer.value_s * CLOSER <= lower_s,
        method=f"{answer.method}; backward pass in reverse, bound without that",
        reason=answer.reason
        or "the best forward split leaves a device's backward operators apart: placements that "
        "keep them together, but not in reverse, are covered by the bound alone",
    )


def _best_of_class(
    instance: PlacementInstance, seed: int, deadline: float, *, mirror_all: bool
) -> Answer:
    blocks = without_free_blocks(
        instance, colour_blocks(instance, mirror_all=mirror_all), mirror_all=mirror_all
    )
    machine = useful_machine(instance, blocks)
    lower_s = quick_bound_s(blocks, machine)
    split = first_split(blocks, machine, lower_s=lower_s, seed=seed, deadline=deadline)
    split = split or _one_device(instance, blocks)
    if split is None:
        needed = needed_cap(instance, blocks, seed=seed, deadline=deadline)
        if needed is None or needed.most_bytes > most_bytes(instance.cap_bytes):
            reason, proved = over_cap_reason(instance, blocks, needed, deadline=deadline)
            return Answer(None, 0.0, 0.0, "split DP over sizes", is_proved=proved, reason=reason)
        split = needed.split
    search = PlacementSearch(instance, mirror_all=mirror_all, seed=seed, deadline=deadline)
    search.take(blocks, split)
    return search.run(lower_s)


def _one_device(instance: PlacementInstance, blocks: Blocks) -> Split | None:
    """Everything on one device, if one can take it; valued when it is priced."""
    whole = (1 << len(blocks)) - 1
    fits = blocks.on_accelerator.all() and instance.n_accelerators > 0
    if fits and float(blocks.size_bytes.sum()) <= most_bytes(instance.cap_bytes):
        return Split(0.0, (0, whole), (True,))
    return Split(0.0, (0, whole), (False,)) if instance.n_cpus else None
