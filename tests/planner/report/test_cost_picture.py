"""What the blocks spend their time on, on the page."""

from planner.report import cost_picture as module
from planner.report.content import ReportContent
from planner.report.cost_picture import cost_picture
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import cut_document
from tests.planner.test_records import two_block_profile


def drawn(profile):
    return cost_picture(ReportContent(cut_document(), profile=profile))


def test_every_block_has_a_bar_by_its_kind_of_work():
    """Two activations, 2 and 4 ms: no vector work at all."""
    words = PageReader(drawn(two_block_profile())).texts["text"]
    assert {"block0", "block1"} <= set(words)
    assert "other work 100%" in words
    assert "other work: activation" in words


def test_without_a_profile_there_is_none():
    assert drawn(None) == ""


def test_too_many_blocks_are_taken_together(monkeypatch):
    monkeypatch.setattr(module, "_MOST_BARS", 1)
    words = PageReader(drawn(two_block_profile())).texts["text"]
    assert not {"block0", "block1"} & set(words)
    assert "other work 100%" in words
