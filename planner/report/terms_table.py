"""The terms of one request in a table: hops and stages in order, predicted and measured."""

from __future__ import annotations

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.report.content import ReportContent
from planner.report.markup import Markup, element, numbers, table, words
from planner.report.quantities import duration, size
from planner.report.stage_marks import stage_badge
from planner.throughput import Throughput
from planner.timeline import duration_s, in_order
from planner.wording import blocks_text, error_text, hop_text, nodes_text

_Term = HopTerm | StageTerm
_PLACE = ("stage", "where", "what")
_BETWEEN = "between answers"


def terms_table(content: ReportContent) -> Markup:
    """Predicted beside measured, or the one of them that there is; nothing without either."""
    estimate, measured = content.document.estimate, content.measured
    names = content.document.block_names
    if estimate is not None and measured is not None:
        return _both(estimate, measured, names, throughput=content.throughput)
    if measured is not None:
        title = f"Measured, in the order of a request{_requests(measured)}"
        return _alone(measured, names, title, throughput=content.throughput)
    if estimate is not None:
        return _alone(estimate, names, "Predicted, in the order of a request")
    return Markup("")


def _alone(
    breakdown: Breakdown,
    names: tuple[str, ...],
    title: str,
    *,
    throughput: Throughput | None = None,
) -> Markup:
    columns = (*words(*_PLACE), *numbers("time", "memory", "cap"))
    rows = [
        (*_names(term, index, names), duration(duration_s(term)), *_memory(term), _cap(term))
        for index, term in enumerate(in_order(breakdown))
    ]
    rows.append(("", "end to end", "", duration(breakdown.latency_s), "", ""))
    if throughput is not None:
        measured = duration(throughput.period.median_s)
        rows.append(("", _BETWEEN, _in_flight(throughput), measured, "", ""))
    return table(title, columns, rows)


def _both(
    estimate: Breakdown,
    measured: Breakdown,
    names: tuple[str, ...],
    *,
    throughput: Throughput | None,
) -> Markup:
    columns = (
        *words(*_PLACE),
        *numbers("time predicted", "time measured", "error"),
        *numbers("memory predicted", "memory measured", "cap"),
    )
    rows = [
        (
            *_names(a, index, names),
            *_times(duration_s(a), duration_s(b)),
            *_memory(a),
            *_memory(b),
            _cap(a),
        )
        for index, (a, b) in enumerate(zip(in_order(estimate), in_order(measured), strict=True))
    ]
    ends = _times(estimate.latency_s, measured.latency_s)
    rows.append(("", "end to end", "", *ends, "", "", ""))
    if throughput is not None:
        predicted_s = estimate.period_of_s(throughput.in_flight)
        pair = _times(predicted_s, throughput.period.median_s)
        rows.append(("", _BETWEEN, _in_flight(throughput), *pair, "", "", ""))
    return table(f"Predicted beside measured{_requests(measured)}", columns, rows)


def _requests(measured: Breakdown) -> str:
    return "" if measured.requests is None else f", medians of {measured.requests.n} requests"


def _in_flight(throughput: Throughput) -> str:
    return f"{throughput.in_flight} requests in flight"


def _names(term: _Term, index: int, block_names: tuple[str, ...]) -> tuple[str, ...]:
    """Mark, place and content; in the order of a request every second term is a stage."""
    if isinstance(term, HopTerm):
        mark = element("span", "→", class_="hop-mark")
        return mark, hop_text(term), size(term.n_bytes)
    return stage_badge(index // 2), nodes_text(term), blocks_text(term, block_names)


def _times(predicted_s: float, measured_s: float) -> tuple[str, ...]:
    return duration(predicted_s), duration(measured_s), error_text(predicted_s, measured_s)


def _memory(term: _Term) -> tuple[str]:
    if isinstance(term, HopTerm):
        return ("",)
    return (size(term.peak_bytes) if term.peak_bytes else "–",)


def _cap(term: _Term) -> str:
    return "" if isinstance(term, HopTerm) else size(term.cap_bytes)
