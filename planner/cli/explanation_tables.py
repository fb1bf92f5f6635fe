"""What `partway explain` prints, and nothing computed here."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from netmodel.units import format_duration, format_size
from planner.cli.tables import format_value, placement_text, plain_table
from planner.explanation import Cutting, Explanation
from planner.objectives import Objective
from planner.solution import PlanDocument

_ROUNDING = 1e-9


def explanation_summary(answer: Explanation, document: PlanDocument) -> str:
    """What binds, the second best plan, and whether cutting pays."""
    return "\n".join(
        [
            *_binding(answer),
            _next_best(answer, document),
            _cutting(answer.cutting, answer.objective),
        ]
    )


def what_if_table(answer: Explanation) -> Table:
    """A row per question whose answer is a gain, and a line for the others."""
    table = plain_table(
        "what a change would gain, each found by solving again",
        ["what", "where", "change"],
        ["gain", "of now", "then"],
    )
    for outcome in answer.what_ifs:
        if outcome.gain > 0 and outcome.value is not None:
            table.add_row(
                outcome.kind.value,
                outcome.subject,
                outcome.change,
                ("" if outcome.proved else "at least ")
                + format_value(answer.objective, outcome.gain),
                f"{outcome.gain / answer.value:.1%}",
                format_value(answer.objective, outcome.value),
            )
    idle = [outcome for outcome in answer.what_ifs if outcome.gain == 0]
    if idle:
        table.add_section()
    for kind, change, proved in dict.fromkeys((o.kind, o.change, o.proved) for o in idle):
        subjects = [
            o.subject for o in idle if (o.kind, o.change, o.proved) == (kind, change, proved)
        ]
        then = (
            ("nothing", "0.0%", format_value(answer.objective, answer.value))
            if proved
            else ("none found", "–", "–")
        )
        table.add_row(kind.value, ", ".join(subjects), change, *then)
    if answer.left_out:
        table.caption = f"{answer.left_out} questions were left out for lack of time"
    return table


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


def _next_best(answer: Explanation, document: PlanDocument) -> str:
    second = answer.next_best
    if second is None:
        return "next best plan: none was found that holds all limits"
    gap = format_value(answer.objective, abs(second.distance))
    words = {0: "as good", 1: f"{gap} more", -1: f"{gap} less: the plan is not the best"}
    distance = words[(second.distance > 0) - (second.distance < 0)]
    unproved = "" if second.proved else ", the best that was found"
    return (
        f"next best plan: {placement_text(second.plan, document.block_names)}: {distance}{unproved}"
    )


def _cutting(cutting: Cutting | None, objective: Objective) -> str:
    if cutting is None:
        return "whether cutting pays was not found out in the time given"
    if cutting.whole is None:
        return f"one piece: no plan ({cutting.whole_reason})"
    whole = f"one piece: {format_value(objective, cutting.whole)}"
    if cutting.cut is None:
        return f"{whole}; with a cut: no plan ({cutting.cut_reason})"
    text = f"{whole}; with a cut: {format_value(objective, cutting.cut)}"
    if cutting.compute_change_s is None or cutting.transfer_change_s is None:
        return text
    verdict = "cutting pays" if cutting.cut < cutting.whole else "cutting hurts"
    if abs(cutting.cut - cutting.whole) <= _ROUNDING * cutting.whole:
        verdict = "cutting gains nothing"
    return (
        f"{text}; {verdict}: it changes compute by {_signed(cutting.compute_change_s)} and "
        f"transfers by {_signed(cutting.transfer_change_s)}"
    )


def _signed(seconds: float) -> str:
    return ("+" if seconds >= 0 else "-") + format_duration(abs(seconds))
