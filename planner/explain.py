"""Explain: solves a problem again with changes, to tell why its plan is as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import fsum, isclose

from netmodel.units import format_duration, format_size
from planner.breakdown import Breakdown
from planner.compare import compare
from planner.costs.evaluate import evaluate
from planner.costs.value import plan_value
from planner.errors import PlannerError
from planner.explanation import (
    ChangeKind,
    Cutting,
    Explanation,
    MemoryUse,
    WhatIf,
)
from planner.limits import Limits, Order
from planner.next_best import next_best
from planner.problem import NodeCosts, Problem
from planner.solution import Solution, Status

Solve = Callable[[Problem], Solution]
MORE_BYTES = 64 * 2**20
_LOOSER = 1.1
_NO_CAP_BYTES = 10**15
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Question:
    kind: ChangeKind
    subject: str
    change: str
    problem: Problem


def explain(
    problem: Problem,
    solution: Solution,
    *,
    solve: Solve,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Explanation:
    """What binds, what a change would gain, the second best plan, and what others would choose.

    Args:
        problem: what the solution answers.
        solution: one with a plan.
        solve: finds the best plan for the same objective; asked again and again.
        out_of_time: whether to leave the remaining questions out.

    Raises:
        PlannerError: the solution has no plan, or says of it nothing or what is not its price.
    """
    if solution.plan is None:
        raise PlannerError(f"there is no plan to explain: {solution.reason}")
    if solution.value is None:
        raise PlannerError(
            f"the plan says no {solution.objective.name} that a change could be held against: plan "
            "again with `partway plan`"
        )
    _check_value(problem, solution)
    estimate = evaluate(problem, solution.plan)
    without_caps = None if out_of_time() else solve(_without_caps(problem)).value
    memory = tuple(
        _memory(problem, solution.value, estimate, without_caps, solve=solve, skip=out_of_time)
    )
    asked: list[WhatIf] = []
    left_out = sum(use.binds is None for use in memory)
    for question in _questions(problem, estimate, memory):
        if out_of_time():
            left_out += 1
        elif (outcome := _asked(question, solution.value, solve)) is not None:
            asked.append(outcome)
    second = next_best(
        problem, solution.objective, solution.plan, solve=solve, out_of_time=out_of_time
    )
    cutting = None if out_of_time() else _cutting(problem, solve)
    return Explanation(
        objective=solution.objective,
        value=solution.value,
        memory=memory,
        value_without_caps=without_caps,
        what_ifs=tuple(sorted(asked, key=lambda outcome: -outcome.gain)),
        next_best=second,
        cutting=cutting,
        alternatives=compare(problem, solution),
        left_out=left_out + (cutting is None),
    )


def _asked(question: _Question, value: float, solve: Solve) -> WhatIf | None:
    """The answer to a what-if; none if no method is for it."""
    try:
        answer = solve(question.problem)
    except PlannerError:
        return None
    gain = 0.0 if answer.value is None else value - answer.value
    return WhatIf(
        kind=question.kind,
        subject=question.subject,
        change=question.change,
        value=answer.value,
        gain=gain if gain > _ROUNDING * value else 0.0,
        proved=answer.status is Status.OPTIMAL,
    )


def _check_value(problem: Problem, solution: Solution) -> None:
    """Makes sure that the plan's value is its price: a file may have been edited."""
    if solution.plan is None or solution.value is None or solution.objective.quantile is not None:
        return
    value = plan_value(problem, solution.objective, solution.plan)
    if not isclose(value, solution.value, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
        raise PlannerError(
            f"the plan's {solution.objective.name} is {value:.6g}, not {solution.value:.6g} as it "
            "says: plan again"
        )


def _without_caps(problem: Problem) -> Problem:
    return problem.replaced(nodes=tuple(_capped(n, _NO_CAP_BYTES) for n in problem.nodes))


def _memory(
    problem: Problem,
    value: float,
    estimate: Breakdown,
    without_caps: float | None,
    *,
    solve: Solve,
    skip: Callable[[], bool],
) -> Iterator[MemoryUse]:
    """Every node's use of its cap; a cap binds if the best plan without it is better."""
    used = dict.fromkeys(problem.node_index, 0)
    for stage in estimate.stages:
        for node in stage.nodes:
            used[node] += stage.peak_bytes
    some_bind = without_caps is None or without_caps < value * (1 - _ROUNDING)
    for node_costs in problem.nodes:
        binds: bool | None = False
        if some_bind:
            uncapped = _with_node(problem, _capped(node_costs, _NO_CAP_BYTES))
            binds = None if skip() else _is_better(solve(uncapped), value)
        name = node_costs.name
        yield MemoryUse(
            node=name, used_bytes=used[name], cap_bytes=node_costs.memory_bytes, binds=binds
        )


def _is_better(answer: Solution, value: float) -> bool:
    return answer.value is not None and answer.value < value * (1 - _ROUNDING)


def _questions(
    problem: Problem, estimate: Breakdown, memory: tuple[MemoryUse, ...]
) -> Iterator[_Question]:
    """Everything to ask: about what the plan uses first."""
    binding = {use.node for use in memory if use.binds}
    used = {node for stage in estimate.stages for node in stage.nodes}
    for node in problem.nodes:
        if node.name in binding:
            roomier = _capped(node, node.memory_bytes + MORE_BYTES)
            change = f"+{format_size(MORE_BYTES)}"
            yield _Question(ChangeKind.MEMORY, node.name, change, _with_node(problem, roomier))
    yield from _limit_questions(problem)
    yield from _class_questions(problem)
    for node in sorted(problem.nodes, key=lambda n: n.name not in used):
        quicker = node.model_copy(update={"speed": node.speed * 2})
        yield _Question(
            ChangeKind.SPEED, node.name, "twice the speed", _with_node(problem, quicker)
        )
    yield from _wire_questions(problem, estimate)


def _wire_questions(problem: Problem, estimate: Breakdown) -> Iterator[_Question]:
    used = {frozenset((hop.source, hop.target)) for hop in estimate.hops}
    wires = dict.fromkeys(frozenset((link.source, link.target)) for link in problem.links)
    order = {name: place for name, place in problem.node_index.items()}
    for wire in sorted(wires, key=lambda w: (w not in used, sorted(order[n] for n in w))):
        links = tuple(
            link.model_copy(update={"model": link.model.faster(2.0)})
            if wire == {link.source, link.target}
            else link
            for link in problem.links
        )
        subject = " – ".join(sorted(wire, key=order.__getitem__))
        yield _Question(
            ChangeKind.BANDWIDTH, subject, "twice the bandwidth", problem.replaced(links=links)
        )


def _limit_questions(problem: Problem) -> Iterator[_Question]:
    for name, words in (
        ("max_latency_s", "latency limit"),
        ("max_period_s", "period limit"),
        ("max_price", "price limit"),
    ):
        limit = getattr(problem.limits, name)
        if limit is not None:
            text = (
                f"{_LOOSER * limit:.6g}"
                if name == "max_price"
                else format_duration(_LOOSER * limit)
            )
            looser = problem.limits.model_copy(update={name: _LOOSER * limit})
            yield _Question(
                ChangeKind.LIMIT, words, f"{text} instead", problem.replaced(limits=looser)
            )
    if problem.limits.max_stages is not None:
        free = problem.limits.model_copy(update={"max_stages": None})
        yield _Question(
            ChangeKind.LIMIT, "number of stages", "no limit", problem.replaced(limits=free)
        )


def _class_questions(problem: Problem) -> Iterator[_Question]:
    for change, subject, words in _larger_classes(problem.limits):
        limits = Limits.model_validate(problem.limits.model_dump() | change)
        yield _Question(ChangeKind.PLANS, subject, words, problem.replaced(limits=limits))


def _larger_classes(limits: Limits) -> Iterator[tuple[dict[str, object], str, str]]:
    if limits.order is Order.LISTED:
        yield {"order": Order.FREE}, "order of the nodes", "any"
    if not limits.revisits and limits.max_replicas == 1:
        yield {"order": Order.FREE, "revisits": True}, "stages on a node", "several"


def _cutting(problem: Problem, solve: Solve) -> Cutting:
    whole, cut = (
        solve(problem.replaced(limits=_counted(problem.limits, *counts)))
        for counts in ((1, 1), (2, None))
    )
    before, after = (
        None if answer.plan is None else evaluate(problem, answer.plan) for answer in (whole, cut)
    )
    compute = transfer = None
    if before is not None and after is not None:
        compute = _compute_s(after) - _compute_s(before)
        transfer = _transfer_s(after) - _transfer_s(before)
    return Cutting(
        whole=whole.value,
        whole_reason=whole.reason,
        cut=cut.value,
        cut_reason=cut.reason,
        compute_change_s=compute,
        transfer_change_s=transfer,
        whole_busiest="" if before is None else before.busiest,
        cut_busiest="" if after is None else after.busiest,
    )


def _counted(limits: Limits, least: int, most: int | None) -> Limits:
    return limits.model_copy(update={"min_stages": least, "max_stages": most})


def _compute_s(estimate: Breakdown) -> float:
    return fsum(stage.compute_s for stage in estimate.stages)


def _transfer_s(estimate: Breakdown) -> float:
    return fsum(hop.transfer_s for hop in estimate.hops)


def _capped(node: NodeCosts, cap_bytes: int) -> NodeCosts:
    return node.model_copy(update={"memory_bytes": cap_bytes})


def _with_node(problem: Problem, changed: NodeCosts) -> Problem:
    """The problem with another version of one node."""
    return problem.replaced(
        nodes=tuple(changed if node.name == changed.name else node for node in problem.nodes)
    )
