"""The head of the page: what the plan is, what it costs, whether it fits, and what is proved."""

from __future__ import annotations

from collections.abc import Iterator

from netmodel.units import format_size
from planner.objectives import LATENCY, THROUGHPUT, ObjectiveKind
from planner.report.content import ReportContent
from planner.report.facts import fact_cards
from planner.report.markup import Markup, element
from planner.wording import (
    format_value,
    no_plan_text,
    placement_text,
    proof_text,
    tail_summary,
    time_text,
)

_MOST_TOLD = 4
"""Stages up to which a sentence tells where they run; of more, the table does."""


def answer_part(content: ReportContent) -> Markup:
    """The answer, before any reason."""
    document = content.document
    setting = (
        f"{document.model} on {document.backend}, {document.threads} thread(s), "
        f"cut between blocks of the granularity “{document.granularity}”"
    )
    cards = tuple(fact_cards(content))
    return element(
        "header",
        element("h1", headline(content)),
        element("p", setting, class_="faint"),
        *((element("dl", *cards, class_="facts"),) if cards else ()),
        *(element("p", sentence) for sentence in _sentences(content)),
    )


def headline(content: ReportContent) -> str:
    """One line: in how many stages, and what was planned for; or that there is no plan."""
    document = content.document
    solution, plan = document.solution, document.solution.plan
    if plan is None:
        return f"{document.model}: {no_plan_text(solution.status)}"
    n_stages = len(plan.stages)
    pieces = f"in {n_stages} stages" if n_stages > 1 else f"in one piece on {plan.stages[0].node}"
    values = ", ".join(_values(content))
    return f"{document.model} {pieces}" + (
        f": {solution.objective.name} {values}" if values else ""
    )


def _values(content: ReportContent) -> Iterator[str]:
    """Of what was planned for, as predicted and as measured."""
    solution = content.document.solution
    objective, value = solution.objective, solution.value
    if value is not None:
        counted = objective.kind is ObjectiveKind.NODES
        yield format_value(objective, value) + ("" if counted else " predicted")
    if objective == LATENCY and content.measured is not None:
        yield f"{time_text(content.measured.latency_s)} measured"
    if objective == THROUGHPUT and content.throughput is not None:
        yield f"{time_text(content.throughput.period.median_s)} measured"


def _sentences(content: ReportContent) -> Iterator[str]:
    document, plan = content.document, content.document.solution.plan
    if plan is not None and len(plan.stages) <= _MOST_TOLD:
        yield f"stages on {placement_text(plan, document.block_names)}"
    yield proof_text(document.solution)
    if document.solution.reason:
        yield document.solution.reason
    if document.estimate is not None:
        for node, n_bytes in document.estimate.missing_bytes.items():
            yield element("span", f"{node} lacks {format_size(n_bytes)}", class_="bad")
    if document.tail is not None:
        yield tail_summary(document.tail).splitlines()[0]
