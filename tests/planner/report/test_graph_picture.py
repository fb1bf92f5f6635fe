"""The model's graph in a report: drawn from the profile, in the planned order of its blocks."""

import pytest

from planner.errors import MismatchError
from planner.report import graph_picture as module
from planner.report.content import ReportContent
from planner.report.graph_picture import graph_picture, profile_of_plan
from planner.solution import Solution, Status
from profiler.block_order import op_order_of, reordered
from tests.planner.plotting.test_plotting_cut_bytes import cut_after
from tests.planner.report.page_reader import PageReader
from tests.planner.report.report_records import cut_document
from tests.profiler.branching import diamond, straight

RIGHT_FIRST = (0, 3, 1, 2, 4)


def planned(profile, **changes):
    """A report's content with a plan that cuts the profile after three blocks."""
    plan = cut_after(profile, 3)
    solution = Solution(status=Status.FEASIBLE, method="by hand", plan=plan)
    document = cut_document().model_copy(update={"solution": solution, **changes})
    return ReportContent(document, profile=profile)


def drawn(content):
    return PageReader(graph_picture(content, content.document.solution.plan))


def test_the_blocks_are_drawn_by_part_with_the_bytes_of_the_cut():
    reader = drawn(planned(diamond()))
    words = reader.texts["text"]
    assert [word for word in words if word.startswith("block")] == [f"block{i}" for i in range(5)]
    assert "cut: 18 B" in words
    assert "stage 0 on n0: 3 blocks" in words
    assert reader.open == []


def test_a_short_graph_is_open_and_a_long_one_is_folded_away(monkeypatch):
    content = planned(diamond())
    assert ("details", "open", "") in drawn(content).attributes
    monkeypatch.setattr(module, "_MOST_SHOWN", 4)
    assert ("details", "open", "") not in drawn(content).attributes


def test_too_many_blocks_are_taken_together_between_the_cuts_of_the_plan(monkeypatch):
    """The diamond's operators are of no module, so that only the cut keeps two blocks apart."""
    content = planned(diamond())
    assert "too many" not in drawn(content).words
    monkeypatch.setattr(module, "_MOST_BLOCKS", 2)
    reader = drawn(content)
    words = reader.texts["text"]
    assert "cut: 18 B" in words
    assert not [word for word in words if word.startswith("block")]
    assert {"stage 0 on n0: 3 blocks", "stage 1 on n3: 2 blocks"} <= set(words)
    assert reader.texts["figcaption"][0].endswith(
        "The plan's 5 blocks are too many: some are drawn together as one."
    )


def test_without_a_profile_nothing_is_drawn():
    content = planned(diamond())
    assert graph_picture(ReportContent(content.document), content.document.solution.plan) == ""


def test_a_plan_in_another_order_of_blocks_is_drawn_in_that_order():
    """After the right branch and half of the left one, r and l1 are carried: 20 and 30 bytes."""
    profile = diamond()
    content = planned(reordered(profile, RIGHT_FIRST), op_order=op_order_of(profile, RIGHT_FIRST))
    content = ReportContent(content.document, profile=profile)
    assert profile_of_plan(profile, content.document) == reordered(profile, RIGHT_FIRST)
    assert "cut: 50 B" in drawn(content).texts["text"]


@pytest.mark.parametrize("op_order", [(), (0, 1, 2, 3), tuple(range(9))])
def test_a_profile_of_another_model_is_refused(op_order):
    content = planned(diamond(), op_order=op_order)
    other = ReportContent(content.document, profile=straight())
    with pytest.raises(MismatchError, match="give the profile that it was planned with"):
        graph_picture(other, content.document.solution.plan)
