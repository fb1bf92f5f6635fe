"""Where the time of one request goes, on the page."""

from itertools import pairwise

import pytest

from planner.report.content import ReportContent
from planner.report.request_time import request_time_part
from planner.report.style import STYLE
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import cut_document, overlapping
from tests.planner.test_saved_run import saved_run


def shown(document, run=None):
    return PageReader(request_time_part(ReportContent(document, run=run)))


def widths(reader):
    """Of the bars' pieces, in per cent of the longer bar."""
    styles = [value for tag, name, value in reader.attributes if (tag, name) == ("span", "style")]
    assert all(style.startswith("width:") for style in styles)
    return [float(style.removeprefix("width:").removesuffix("%")) for style in styles]


def test_every_piece_of_a_bar_is_as_long_as_its_time():
    """2, 1 and 10 s are predicted, 4, 0.5 and 20 s measured: 24.5 s fill the width."""
    document = cut_document()
    seconds = [2.0, 1.0, 10.0, 4.0, 0.5, 20.0]
    expected = [100 * s / 24.5 for s in seconds]
    assert widths(shown(document, saved_run(document))) == pytest.approx(expected, abs=1e-3)
    assert widths(shown(document)) == pytest.approx([200 / 13, 100 / 13, 1000 / 13], abs=1e-3)


def test_stages_have_their_number_and_hops_none():
    reader = shown(cut_document())
    titles = [value for tag, name, value in reader.attributes if (tag, name) == ("span", "title")]
    assert titles == [
        "stage 0 on fast: 2000.00 ms", "fast → slow: 1000.00 ms", "stage 1 on slow: 10000.00 ms",
    ]  # fmt: skip
    assert [text for text in reader.texts["span"] if text[0] in "01"][:2] == ["0 fast", "1 slow"]


def test_a_measurement_without_an_estimate_has_its_bar_and_its_table():
    document = cut_document()
    bare = document.model_copy(update={"estimate": None})
    reader = shown(bare, overlapping(document).model_copy(update={"document": bare}))
    assert len(widths(reader)) == 3
    table = reader.table("Measured, in the order of a request, medians of 5 requests")
    assert table.values("time") == [0.0, 4.0, 0.5, 20.0, 0.0, 24.5, 16.0]


def test_what_stays_on_a_node_is_told_apart_from_transfers_between_nodes():
    document = cut_document()
    looks = [value.split()[0] for value in classes(shown(document))]
    assert looks == ["stage", "hop", "stage"]
    assert "within" not in caption(shown(document))
    hops = document.estimate.hops
    stays = hops[0].model_copy(update={"transfer_s": 0.5})
    estimate = document.estimate.model_copy(update={"hops": (stays, *hops[1:])})
    reader = shown(document.model_copy(update={"estimate": estimate}))
    assert [value.split()[0] for value in classes(reader)] == ["within", "stage", "hop", "stage"]
    assert caption(reader) == (
        "Numbered: stages. Hatched: transfers between nodes. Dotted: handed over within one node. "
        "All bars have one scale."
    )
    assert "fast (stays): 500.00 ms" in [value for _, name, value in reader.attributes
                                         if name == "title"]  # fmt: skip
    assert ".bar .within {" in STYLE


def classes(reader):
    """Of the bars' pieces, which have a title."""
    spans = [attribute for attribute in reader.attributes if attribute[0] == "span"]
    return [
        value
        for (_, name, value), (_, style, _) in pairwise(spans)
        if (name, style) == ("class", "style")
    ]


def caption(reader):
    return reader.texts["figcaption"][0]
