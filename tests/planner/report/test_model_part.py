"""The plan on the model, on the page."""

import re

import pytest

from planner.report import model_part as module
from planner.report.content import ReportContent
from planner.report.model_part import model_part
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import cut_document, document_of
from tests.planner.report.test_graph_picture import planned
from tests.planner.test_explain import small_fast_and_roomy_slow
from tests.profiler.branching import diamond


def shown(document=None):
    return PageReader(model_part(ReportContent(document or cut_document())))


def test_stages_have_their_blocks_and_the_tensors_they_send():
    table = shown().table("Stages, numbered")
    assert table.column("stage") == ["0", "1"]
    assert table.column("blocks") == ["stem to body", "head"]
    assert table.values("number of blocks") == [2, 1]
    assert table.column("tensors sent on") == ["t2", "t3"]
    assert table.values("sends on") == [100, 0]
    assert "t0, from fast" in table.caption


def test_the_strip_has_a_mark_per_block_and_per_boundary():
    reader = shown()
    looks = [value for tag, name, value in reader.attributes if (tag, name) == ("rect", "class")]
    assert looks == [*["stage stage-0"] * 2, "stage stage-1", "cut", "sent", "sent", "sent"]
    assert "body: stage 0 on fast" in reader.texts["title"]
    assert "before block 2: 100 B" in reader.texts["title"]


def test_every_boundary_is_as_high_as_the_bytes_that_cross_it():
    """The lower 60 of 100 are for 100 bytes; y counts from above."""
    problem = small_fast_and_roomy_slow().replaced(cut_bytes=(20, 100, 50, 5))
    page = model_part(ReportContent(document_of(problem)))
    marks = re.findall(
        r'<rect class="(?:cut|sent)" x="\S+" y="(\S+)" width="\S+" height="(\S+)">'
        r"<title>before block (\d): (\d+) B",
        page,
    )
    drawn = {int(block): (float(top), float(height)) for top, height, block, _ in marks}
    assert drawn == {
        0: pytest.approx((88.0, 12.0)),
        1: pytest.approx((40.0, 60.0)),
        2: pytest.approx((70.0, 30.0)),
        3: pytest.approx((97.0, 3.0)),
    }


def test_few_blocks_are_named_below_the_strip_and_many_are_not(monkeypatch):
    assert shown().texts["i"][:3] == ["stem", "body", "head"]
    monkeypatch.setattr(module, "_NAMED_BLOCKS", 2)
    assert "stem" not in shown().texts.get("i", [])


def test_the_page_says_what_a_profile_would_add_where_it_has_none():
    assert "With --profile, partway report also draws" in shown().words
    by_hand = planned(diamond(), block_names=tuple("abcde"), problem=None, estimate=None)
    assert "With --profile" not in model_part(by_hand)
