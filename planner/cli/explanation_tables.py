"""What `partway explain` prints, and nothing computed here."""

from __future__ import annotations

from rich.table import Table

from planner.cli.tables import plain_table
from planner.explanation import Explanation
from planner.report.explanation_text import (
    explanation_lines,
    gain_words,
    idle_words,
    left_out_words,
)
from planner.solution import PlanDocument


def explanation_summary(answer: Explanation, document: PlanDocument) -> str:
    """What binds, the second best plan, and whether cutting pays."""
    return "\n".join(explanation_lines(answer, document.block_names))


def what_if_table(answer: Explanation) -> Table:
    """A row per question whose answer is a gain, and a line for the others."""
    table = plain_table(
        "what a change would gain, each found by solving again",
        ["what", "where", "change"],
        ["gain", "of now", "then"],
    )
    for outcome in answer.gaining:
        table.add_row(*gain_words(outcome, answer))
    idle = idle_words(answer)
    if idle:
        table.add_section()
    for row in idle:
        table.add_row(*row)
    table.caption = left_out_words(answer) or None
    return table
