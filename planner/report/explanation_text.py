"""What an explanation says in sentences: what binds, the next best plan, whether cutting pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmodel.units import format_duration, format_size
from planner.explanation import Cutting, Explanation, WhatIf
from planner.objectives import LATENCY, THROUGHPUT, Objective
from planner.wording import first_few, format_value, placement_text

_ROUNDING = 1e-9
_NAMED_SUBJECTS = 4
"""Of the changes that gain nothing: a cluster may have hundreds of wires."""


def explanation_lines(answer: Explanation, block_names: Sequence[str]) -> list[str]:
    """What binds, the second best plan, and whether cutting pays."""
    return [
        *_binding(answer),
        _next_best(answer, block_names),
        _cutting(answer.cutting, answer.objective),
    ]


def gain_words(outcome: WhatIf, answer: Explanation) -> tuple[str, ...]:
    """Kind, subject, change, gain, its share of the value now, and the value then."""
    least = "" if outcome.proved else "at least "
    then = "–" if outcome.value is None else format_value(answer.objective, outcome.value)
    return (
        outcome.kind.value,
        outcome.subject,
        outcome.change,
        least + format_value(answer.objective, outcome.gain),
        f"{outcome.gain / answer.value:.1%}",
        then,
    )


def idle_words(answer: Explanation) -> list[tuple[str, ...]]:
    """The same of the changes that gain nothing, those of one kind together."""
    idle = [outcome for outcome in answer.what_ifs if outcome.gain == 0]
    rows: list[tuple[str, ...]] = []
    for kind, change, proved in dict.fromkeys((o.kind, o.change, o.proved) for o in idle):
        subjects = [
            o.subject for o in idle if (o.kind, o.change, o.proved) == (kind, change, proved)
        ]
        then = (
            ("nothing", "0.0%", format_value(answer.objective, answer.value))
            if proved
            else ("none found", "–", "–")
        )
        rows.append((kind.value, first_few(subjects, _NAMED_SUBJECTS), change, *then))
    return rows


def left_out_words(answer: Explanation) -> str:
    """How many questions were not asked; nothing if all were."""
    if not answer.left_out:
        return ""
    return f"{answer.left_out} questions were left out for lack of time"


def _binding(answer: Explanation) -> Iterator[str]:
    binding = [use for use in answer.memory if use.binds]
    free = answer.value_without_caps
    if free is None:
        yield "whether memory caps bind was not found out in the time given"
    elif free >= answer.value * (1 - _ROUNDING):
        yield "no memory cap binds: the best plan without any is no better"
    elif not binding and all(use.binds is False for use in answer.memory):
        yield (
            "memory caps bind together, none alone: without any the best plan takes "
            f"{format_value(answer.objective, free)}"
        )
    for use in binding:
        unused = "" if use.used_bytes else " (the plan does not use it)"
        yield (
            f"the memory of {use.node!r} binds: {format_size(use.used_bytes)} of "
            f"{format_size(use.cap_bytes)} used{unused}"
        )
    best = next((outcome for outcome in answer.what_ifs if outcome.gain > 0), None)
    if best is not None:
        yield (
            f"most would be gained by {best.change} for {best.subject!r} ({best.kind}): "
            f"{format_value(answer.objective, best.gain)}"
        )


def _next_best(answer: Explanation, block_names: Sequence[str]) -> str:
    second = answer.next_best
    if second is None:
        return "next best plan: none was found that holds all limits"
    gap = format_value(answer.objective, abs(second.distance))
    words = {0: "as good", 1: f"{gap} more", -1: f"{gap} less: the plan is not the best"}
    distance = words[(second.distance > 0) - (second.distance < 0)]
    unproved = "" if second.proved else ", the best that was found"
    return f"next best plan: {placement_text(second.plan, block_names)}: {distance}{unproved}"


def _cutting(cutting: Cutting | None, objective: Objective) -> str:
    if cutting is None:
        return "whether cutting pays was not found out in the time given"
    if cutting.whole is None:
        return f"one piece: no plan ({cutting.whole_reason})"
    whole = f"one piece: {format_value(objective, cutting.whole)}"
    if cutting.cut is None:
        return f"{whole}; with a cut: no plan ({cutting.cut_reason})"
    verdict = "cutting pays" if cutting.cut < cutting.whole else "cutting hurts"
    if abs(cutting.cut - cutting.whole) <= _ROUNDING * cutting.whole:
        verdict = "cutting gains nothing"
    values = f"{whole}; with a cut: {format_value(objective, cutting.cut)}; {verdict}"
    reason = _reason(cutting, objective)
    return f"{values}: {reason}" if reason else values


def _reason(cutting: Cutting, objective: Objective) -> str:
    """What the two values follow from; nothing where neither sums nor the busiest part tell."""
    if objective == THROUGHPUT and cutting.whole_busiest and cutting.cut_busiest:
        return f"busiest is {cutting.whole_busiest}, and with a cut {cutting.cut_busiest}"
    changes = (cutting.compute_change_s, cutting.transfer_change_s)
    if objective != LATENCY or changes[0] is None or changes[1] is None:
        return ""
    return f"it changes compute by {_signed(changes[0])} and transfers by {_signed(changes[1])}"


def _signed(seconds: float) -> str:
    return ("+" if seconds >= 0 else "-") + format_duration(abs(seconds))
