"""The page: one self-contained HTML file that needs no network and no script."""

from __future__ import annotations

from planner.report.answer import answer_part, headline
from planner.report.content import ReportContent
from planner.report.markup import Markup, element
from planner.report.model_part import model_part
from planner.report.origins import cluster_part, origins_part
from planner.report.others import others_part
from planner.report.reasons import reasons_part
from planner.report.request_time import request_time_part
from planner.report.run_part import run_part
from planner.report.style import STYLE


def report_page(content: ReportContent) -> str:
    """The answer, then why, then everything it rests on. Equal contents give equal pages."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"Partway: {headline(content)}"),
        element("style", Markup(STYLE)),
    )
    body = element(
        "body",
        answer_part(content),
        element(
            "main",
            request_time_part(content),
            model_part(content),
            reasons_part(content),
            others_part(content),
            run_part(content),
            cluster_part(content),
            origins_part(content),
        ),
        _footer(content),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _footer(content: ReportContent) -> Markup:
    schema = content.document.schema_ if content.run is None else content.run.schema_
    return element("footer", f"Written by partway report from a file of {schema}.")
