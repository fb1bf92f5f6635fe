"""The head of the page: what the plan is, what it costs, whether it fits, and what is proved."""

from __future__ import annotations

from collections.abc import Iterator

from netmodel.units import format_duration, format_size
from planner.breakdown import Breakdown
from planner.objectives import LATENCY
from planner.report.content import ReportContent
from planner.report.markup import Markup, element, joined, number
from planner.report.quantities import duration, size
from planner.wording import (
    error_text,
    format_value,
    placement_text,
    proof_text,
    tail_summary,
)

_MOST_TOLD = 4
"""Stages up to which a sentence tells where they run; of more, the table does."""


def answer_part(content: ReportContent) -> Markup:
    """The answer, before any reason."""
    document, estimate = content.document, content.document.estimate
    setting = (
        f"{document.model} on {document.backend}, {document.threads} thread(s), "
        f"cut between blocks of the granularity “{document.granularity}”"
    )
    facts = () if estimate is None else (element("dl", *_facts(content, estimate), class_="facts"),)
    return element(
        "header",
        element("h1", headline(content)),
        element("p", setting, class_="faint"),
        *facts,
        *(element("p", sentence) for sentence in _sentences(content)),
    )


def headline(content: ReportContent) -> str:
    """One line: in how many stages, and what was planned for; or that there is no plan."""
    document = content.document
    solution, plan = document.solution, document.solution.plan
    if plan is None:
        known = "no plan was found" if solution.status == "unknown" else "no plan fits"
        return f"{document.model}: {known}"
    n_stages = len(plan.stages)
    pieces = f"in {n_stages} stages" if n_stages > 1 else f"in one piece on {plan.stages[0].node}"
    if solution.value is None:
        return f"{document.model} {pieces}"
    value = format_value(solution.objective, solution.value)
    return f"{document.model} {pieces}: {solution.objective.name} {value}"


def _facts(content: ReportContent, estimate: Breakdown) -> Iterator[Markup]:
    solution = content.document.solution
    yield _fact("latency, predicted", duration(estimate.latency_s))
    if (measured := content.measured) is not None:
        yield _fact(
            "latency, measured",
            duration(measured.latency_s),
            f"prediction off by {error_text(estimate.latency_s, measured.latency_s)}",
        )
    if solution.objective != LATENCY and solution.value is not None:
        value = format_value(solution.objective, solution.value)
        yield _fact(f"{solution.objective.name}, planned for", number(solution.value, value))
    yield _fact("proof", solution.status.value, _gap(content))
    fits = "every cap holds" if estimate.fits else "a cap is exceeded"
    yield _fact("fits memory", "yes" if estimate.fits else "no", fits)
    yield _fact("highest memory of a node", size(estimate.peak_bytes))
    yield _fact("moved over wires", size(estimate.moved_bytes), "per request")
    period = number(estimate.period_s, format_duration(estimate.period_s))
    yield _fact("between answers", period, "in steady state, pipelined")
    if estimate.price:
        yield _fact("price", number(estimate.price, f"{estimate.price:.6g}"), "per request")


def _gap(content: ReportContent) -> str:
    gap = content.document.solution.gap
    if gap is None:
        return "no lower bound is known"
    return f"at most {gap:.2%} above the best" if gap else "no such plan is better"


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


def _fact(name: str, value: str, note: str = "") -> Markup:
    small = element("small", note) if note else ""
    return element("div", element("dt", name), element("dd", joined((value, small))))
