"""The timeline on the page: predicted, and measured below it."""

from math import inf

from planner.report.timeline_picture import timeline_picture
from tests.planner.plotting.test_plotting_stage_timeline import MEASURED, PREDICTED, breakdown
from tests.planner.report.page_reader import PageReader


def test_the_lengths_of_all_bars_stand_beside_them():
    words = PageReader(timeline_picture(PREDICTED, MEASURED)).texts["text"]
    for lane in ("phone", "phone → server", "server", "server → phone"):
        assert lane in words
    lengths = [word for word in words if word.endswith(" ms")]
    assert lengths[:8] == [
        "250 ms", "125 ms", "500 ms", "62.5 ms",
        "500 ms", "250 ms", "500 ms", "62.5 ms",
    ]  # fmt: skip
    assert any(word.startswith("end to end, measured: 1500 ms (a median") for word in words)


def test_a_prediction_alone_says_nothing_of_medians():
    alone, both = timeline_picture(PREDICTED, None), timeline_picture(PREDICTED, MEASURED)
    assert "median" not in alone
    assert "Measured bars are medians" in both


def test_a_plan_over_a_missing_link_has_no_timeline():
    assert timeline_picture(breakdown("predicted", (0.25, 0.5), (0.0, inf, 0.1)), None) == ""
