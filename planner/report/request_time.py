"""Where the time of one request goes: hops and stages, predicted and measured."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.report.content import ReportContent
from planner.report.markup import Markup, element, joined, numbers, section, table, words
from planner.report.quantities import duration, size
from planner.report.stage_marks import stage_badge, stage_class
from planner.report.timeline_picture import timeline_picture
from planner.timeline import duration_s, in_order, lay_out
from planner.wording import blocks_text, error_text, hop_text, time_text

_LEAST_LABELLED = 0.06
"""Share of the bar from which a part is wide enough for a label."""
_PLACE = ("part", "where", "what")


def request_time_part(content: ReportContent) -> Markup:
    """Bars on one scale, and the table of their parts."""
    estimate, measured = content.document.estimate, content.measured
    if estimate is None:
        return Markup("")
    return section(
        "Where the time of a request goes",
        _bars(estimate, measured),
        timeline_picture(estimate, measured),
        _terms_table(content, estimate, measured),
    )


def _bars(estimate: Breakdown, measured: Breakdown | None) -> Markup:
    breakdowns = [b for b in (estimate, measured) if b is not None and isfinite(b.latency_s)]
    scale_s = max((_total_s(b) for b in breakdowns), default=0.0)
    if scale_s == 0:
        return Markup("")
    bars = (
        joined(
            (
                element("div", f"{b.origin.value}: {time_text(b.latency_s)}"),
                element("div", *_pieces(b, scale_s), class_="bar"),
            )
        )
        for b in breakdowns
    )
    key = "Numbered: stages. Hatched: transfers between nodes. All bars have one scale."
    return element("figure", *bars, element("figcaption", key))


def _total_s(breakdown: Breakdown) -> float:
    return max(breakdown.latency_s, lay_out(breakdown)[-1].stop_s)


def _pieces(breakdown: Breakdown, scale_s: float) -> Iterator[Markup]:
    for span in lay_out(breakdown):
        share = span.length_s / scale_s
        if share == 0:
            continue
        width = f"width:{share:.4%}"
        if isinstance(span.term, StageTerm):
            number = span.index + 1
            label = f"{number} {span.term.node}" if share >= _LEAST_LABELLED else ""
            title = f"stage {number} on {span.term.node}: {time_text(span.term.compute_s)}"
            look = f"stage {stage_class(span.index)}"
        else:
            label, look = "", "hop"
            title = f"{hop_text(span.term)}: {time_text(span.term.transfer_s)}"
        yield element("span", label, class_=look, style=width, title=title)


def _terms_table(content: ReportContent, estimate: Breakdown, measured: Breakdown | None) -> Markup:
    names = content.document.block_names
    if measured is None:
        columns = (*words(*_PLACE), *numbers("time", "memory", "cap"))
        rows = [
            (*_names(term, index, names), duration(duration_s(term)), *_memory(term), _cap(term))
            for index, term in enumerate(in_order(estimate))
        ]
        rows.append(("", "end to end", "", duration(estimate.latency_s), "", ""))
        return table("Predicted, in the order of a request", columns, rows)
    columns = (
        *words(*_PLACE),
        *numbers("time predicted", "time measured", "error"),
        *numbers("memory predicted", "memory measured", "cap"),
    )
    rows = [
        (*_names(a, index, names), *_times(a, b), *_memory(a), *_memory(b), _cap(a))
        for index, (a, b) in enumerate(zip(in_order(estimate), in_order(measured), strict=True))
    ]
    ends = (estimate.latency_s, measured.latency_s)
    rows.append(("", "end to end", "", *map(duration, ends), error_text(*ends), "", "", ""))
    runs = "" if measured.requests is None else f", medians of {measured.requests.n} requests"
    return table(f"Predicted beside measured{runs}", columns, rows)


def _names(term: HopTerm | StageTerm, index: int, block_names: tuple[str, ...]) -> tuple[str, ...]:
    """Mark, place and content; in the order of a request every second term is a stage."""
    if isinstance(term, HopTerm):
        mark = element("span", "→", class_="hop-mark")
        return mark, hop_text(term), size(term.n_bytes)
    return stage_badge(index // 2), " ".join(term.nodes), blocks_text(term, block_names)


def _times(predicted: HopTerm | StageTerm, measured: HopTerm | StageTerm) -> tuple[str, ...]:
    pair = (duration_s(predicted), duration_s(measured))
    return (*map(duration, pair), error_text(*pair))


def _memory(term: HopTerm | StageTerm) -> tuple[str]:
    if isinstance(term, HopTerm):
        return ("",)
    return (size(term.peak_bytes) if term.peak_bytes else "–",)


def _cap(term: HopTerm | StageTerm) -> str:
    return "" if isinstance(term, HopTerm) else size(term.cap_bytes)
