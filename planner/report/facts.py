"""The cards in the head of the page: one number each, which says if it is predicted or measured."""

from __future__ import annotations

from collections.abc import Iterator

from planner.breakdown import Breakdown
from planner.objectives import LATENCY, PRICE, THROUGHPUT, ObjectiveKind
from planner.report.content import ReportContent
from planner.report.markup import Markup, element, joined, number
from planner.report.quantities import duration, size
from planner.wording import error_text, format_value

_PLANNED_FOR = "planned for"


def fact_cards(content: ReportContent) -> Iterator[Markup]:
    """What was planned for first, the proof, and what else one request takes."""
    estimate, measured = content.document.estimate, content.measured
    objective = content.document.solution.objective
    if objective == THROUGHPUT:
        yield from _periods(content)
    yield from _latencies(content)
    yield from _planned_for(content)
    if estimate is not None:
        yield _card("proof", content.document.solution.status.value, _gap(content))
        yield from _memory(estimate)
    if measured is not None and all(stage.peak_bytes for stage in measured.stages):
        yield from _memory(measured)
    if estimate is not None:
        yield _card("moved over wires", size(estimate.moved_bytes), "per request, computed")
    if objective != THROUGHPUT:
        yield from _periods(content)
    if estimate is not None and estimate.price and objective != PRICE:
        price = number(estimate.price, format_value(PRICE, estimate.price))
        yield _card("price, predicted", price, "per request")


def _latencies(content: ReportContent) -> Iterator[Markup]:
    estimate, measured = content.document.estimate, content.measured
    if estimate is not None:
        note = _PLANNED_FOR if content.document.solution.objective == LATENCY else ""
        yield _card("latency, predicted", duration(estimate.latency_s), note)
    if measured is not None:
        requests = "" if measured.requests is None else f"median of {measured.requests.n}"
        error = "" if estimate is None else _error(estimate.latency_s, measured.latency_s)
        yield _card("latency, measured", duration(measured.latency_s), _listed(requests, error))


def _periods(content: ReportContent) -> Iterator[Markup]:
    estimate, throughput = content.document.estimate, content.throughput
    if estimate is not None:
        planned = content.document.solution.objective == THROUGHPUT
        note = _listed("the period, in steady state", _PLANNED_FOR if planned else "")
        yield _card("between answers, predicted", duration(estimate.period_s), note)
    if throughput is not None:
        period_s, in_flight = throughput.period.median_s, throughput.in_flight
        error = "" if estimate is None else _error(estimate.period_of_s(in_flight), period_s)
        note = _listed(f"{in_flight} in flight", error)
        yield _card("between answers, measured", duration(period_s), note)


def _planned_for(content: ReportContent) -> Iterator[Markup]:
    """The value of an objective that has no other card."""
    solution = content.document.solution
    objective, value = solution.objective, solution.value
    if value is None or objective in (LATENCY, THROUGHPUT):
        return
    counted = objective.kind is ObjectiveKind.NODES
    name = objective.name if counted else f"{objective.name}, predicted"
    yield _card(name, number(value, format_value(objective, value)), _PLANNED_FOR)


def _memory(breakdown: Breakdown) -> Iterator[Markup]:
    origin, fits = breakdown.origin.value, breakdown.fits
    note = "every cap holds" if fits else "a cap is exceeded"
    yield _card(f"fits memory, {origin}", "yes" if fits else "no", note)
    yield _card(f"highest memory of a node, {origin}", size(breakdown.peak_bytes))


def _error(predicted_s: float, measured_s: float) -> str:
    return f"prediction off by {error_text(predicted_s, measured_s)}"


def _listed(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _gap(content: ReportContent) -> str:
    gap = content.document.solution.gap
    if gap is None:
        return "no lower bound is known"
    return f"at most {gap:.2%} above the best" if gap else "no such plan is better"


def _card(name: str, value: str, note: str = "") -> Markup:
    small = element("small", note) if note else ""
    return element("div", element("dt", name), element("dd", joined((value, small))))
