"""Why the plan is as it is: what binds, what would help, and whether cutting pays."""

from __future__ import annotations

from planner.explanation import Explanation, MemoryUse, WhatIf
from planner.report.content import ReportContent
from planner.report.explanation_text import (
    explanation_lines,
    gain_words,
    idle_words,
    left_out_words,
)
from planner.report.markup import (
    Markup,
    bullets,
    element,
    number,
    numbers,
    section,
    table,
    words,
)
from planner.report.quantities import size

_BINDS = {True: "yes", False: "no", None: "not found out"}


def reasons_part(content: ReportContent) -> Markup:
    """Sentences, then the memory of every node, then what each change would gain."""
    answer = content.explanation
    if answer is None:
        return section("Why", element("p", _silence(content)))
    return section(
        "Why",
        bullets(explanation_lines(answer, content.document.block_names)),
        _memory_table(answer),
        _what_if_table(answer),
        *(element("p", said, class_="faint") for said in [left_out_words(answer)] if said),
    )


def _silence(content: ReportContent) -> str:
    if content.document.solution.plan is None:
        return "There is no plan to explain."
    return (
        "The plan was made by hand, without the problem that it answers, so that nothing could "
        "be solved again: what binds and what would help is not known."
    )


def _memory_table(answer: Explanation) -> Markup:
    columns = (*words("node"), *numbers("used", "cap", "share"), *words("", "binds"))
    return table("Memory of each node, predicted", columns, map(_memory_row, answer.memory))


def _memory_row(use: MemoryUse) -> tuple[str, ...]:
    share = use.used_bytes / use.cap_bytes if use.cap_bytes else 1.0
    fill = element("i", style=f"width:{min(share, 1.0):.2%}")
    return (
        use.node,
        size(use.used_bytes),
        size(use.cap_bytes),
        f"{share:.0%}",
        element("span", fill, class_="use full" if use.binds else "use"),
        _BINDS[use.binds],
    )


def _what_if_table(answer: Explanation) -> Markup:
    columns = (*words("what", "where", "change"), *numbers("gain", "of now", "then"))
    rows = [_gain_row(outcome, answer) for outcome in answer.gaining]
    return table(
        "What a change would gain, each found by solving again",
        columns,
        [*rows, *idle_words(answer)],
    )


def _gain_row(outcome: WhatIf, answer: Explanation) -> tuple[str, ...]:
    kind, subject, change, gain, share, then = gain_words(outcome, answer)
    return kind, subject, change, number(outcome.gain, gain), share, then
