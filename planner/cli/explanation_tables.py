"""What `partway explain` prints, and nothing computed here."""

from __future__ import annotations

from rich.table import Table

from planner.cli.tables import plain_table
from planner.explanation import Explanation
from planner.report.explanation_text import explanation_lines
from planner.solution import PlanDocument
from planner.wording import format_value


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
