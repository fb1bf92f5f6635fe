"""Where the time of one request goes: hops and stages, predicted and measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from types import MappingProxyType

from planner.breakdown import Breakdown, StageTerm
from planner.report.content import ReportContent
from planner.report.markup import Markup, element, joined, section
from planner.report.stage_marks import stage_class
from planner.report.terms_table import terms_table
from planner.report.timeline_picture import timeline_picture
from planner.timeline import Span, lay_out
from planner.wording import hop_text, time_text

_LEAST_LABELLED = 0.06
"""Share of the bar from which a part is wide enough for a label."""

_HOPS = MappingProxyType(
    {
        "hop": "Hatched: transfers between nodes.",
        "within": "Dotted: handed over within one node.",
    }
)


def request_time_part(content: ReportContent) -> Markup:
    """Bars on one scale, and the table of their parts."""
    estimate, measured = content.document.estimate, content.measured
    known = [breakdown for breakdown in (estimate, measured) if breakdown is not None]
    if not known:
        return Markup("")
    timeline = () if estimate is None else (timeline_picture(estimate, measured),)
    return section(
        "Where the time of a request goes", _bars(known), *timeline, terms_table(content)
    )


def _bars(known: Sequence[Breakdown]) -> Markup:
    breakdowns = [breakdown for breakdown in known if isfinite(breakdown.latency_s)]
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
    looks = {look for b in breakdowns for span in lay_out(b) if (look := _hop_look(span))}
    keys = (words for look, words in _HOPS.items() if look in looks)
    key = " ".join(["Numbered: stages.", *keys, "All bars have one scale."])
    return element("figure", *bars, element("figcaption", key))


def _total_s(breakdown: Breakdown) -> float:
    return max(breakdown.latency_s, lay_out(breakdown)[-1].stop_s)


def _hop_look(span: Span) -> str:
    """Empty for what is not seen as a hop."""
    if isinstance(span.term, StageTerm) or not span.length_s:
        return ""
    return "hop" if span.track.target is not None else "within"


def _pieces(breakdown: Breakdown, scale_s: float) -> Iterator[Markup]:
    for span in lay_out(breakdown):
        share = span.length_s / scale_s
        if share == 0:
            continue
        width = f"width:{share:.4%}"
        if isinstance(span.term, StageTerm):
            label = f"{span.index} {span.term.node}" if share >= _LEAST_LABELLED else ""
            title = f"stage {span.index} on {span.term.node}: {time_text(span.term.compute_s)}"
            look = f"stage {stage_class(span.index)}"
        else:
            label, look = "", _hop_look(span)
            title = f"{hop_text(span.term)}: {time_text(span.term.transfer_s)}"
        yield element("span", label, class_=look, style=width, title=title)
