"""The picture of one request's way through the stages."""

from itertools import combinations, pairwise
from math import inf

import pytest

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import MismatchError, PlannerError
from planner.plotting.stage_timeline import Bar, plot_stage_timeline, stage_timeline
from tests.planner.plotting.drawing import assert_on_the_page, drawn, legend_of, legend_words, texts


def breakdown(origin, compute_s, transfer_s, nodes=("phone", "server"), latency_s=None):
    stages = [
        StageTerm(node=node, start=i, stop=i + 1, compute_s=s, peak_bytes=1, cap_bytes=2)
        for i, (node, s) in enumerate(zip(nodes, compute_s, strict=True))
    ]
    hops = [
        HopTerm(source=a, target=b, n_bytes=5, transfer_s=s)
        for (a, b), s in zip(pairwise(("phone", *nodes, "phone")), transfer_s, strict=True)
    ]
    total = sum(compute_s) + sum(transfer_s) if latency_s is None else latency_s
    return Breakdown(origin=origin, stages=stages, hops=hops, latency_s=total)


PREDICTED = breakdown("predicted", (0.25, 0.5), (0.0, 0.125, 0.0625))
MEASURED = breakdown("measured", (0.5, 0.5), (0.0, 0.25, 0.0625), latency_s=1.5)


def test_terms_lie_end_to_end():
    table = stage_timeline(PREDICTED, MEASURED)
    assert table.lanes == ("phone", "phone → server", "server", "server → phone")
    assert table.predicted == (
        Bar("phone", "computing", 0.0, 250.0),
        Bar("phone → server", "on the wire", 250.0, 125.0),
        Bar("server", "computing", 375.0, 500.0),
        Bar("server → phone", "on the wire", 875.0, 62.5),
    )
    assert [span.start_ms for span in table.measured] == [0.0, 500.0, 750.0, 1250.0]
    assert (table.predicted_ms, table.measured_ms) == (937.5, 1500.0)


def test_time_between_two_stages_on_one_node_has_a_bar_of_its_own():
    one = breakdown("measured", (0.25, 0.5), (0.0, 0.125, 0.0), nodes=("phone", "phone"))
    table = stage_timeline(one)
    assert table.lanes == ("phone",)
    assert table.predicted == (
        Bar("phone", "computing", 0.0, 250.0),
        Bar("phone", "within one node", 250.0, 125.0),
        Bar("phone", "computing", 375.0, 500.0),
    )


def test_an_input_that_is_handed_over_where_it_arrives_is_neither_on_a_wire_nor_between_stages():
    measured = breakdown("measured", (0.25, 0.5), (0.125, 0.25, 0.0625))
    table = stage_timeline(PREDICTED, measured)
    assert table.measured[0] == Bar("phone", "within one node", 0.0, 125.0)
    ax = drawn(plot_stage_timeline, table)
    keys = {key.get_label(): key for key in legend_of(ax).get_patches()}
    assert list(keys) == [
        "computing, predicted",
        "computing, measured",
        "on the wire, predicted",
        "on the wire, measured",
        "within one node, measured",
    ]
    hatches = [keys[f"{work}, measured"].get_hatch() for work in
               ("computing", "on the wire", "within one node")]  # fmt: skip
    assert hatches == ["", "///", "..."]
    # In a report greys become the colour of the page's ink, which is that of hatches, too.
    assert len(set(keys["within one node, measured"].get_facecolor()[:3])) > 1


def test_replicas_share_a_lane():
    stages = (PREDICTED.stages[0].model_copy(update={"replicas": ("tablet",)}), PREDICTED.stages[1])
    table = stage_timeline(PREDICTED.model_copy(update={"stages": stages}))
    assert table.lanes[0] == "phone or tablet"


def test_a_run_on_the_first_of_equal_nodes_is_beside_their_prediction():
    stages = (PREDICTED.stages[0].model_copy(update={"replicas": ("tablet",)}), PREDICTED.stages[1])
    table = stage_timeline(PREDICTED.model_copy(update={"stages": stages}), MEASURED)
    assert table.measured[0] == Bar("phone or tablet", "computing", 0.0, 500.0)


def test_the_run_of_another_plan_is_an_error():
    other = breakdown("measured", (0.5, 0.5), (0.0, 0.1, 0.1), nodes=("phone", "laptop"))
    with pytest.raises(MismatchError, match=r"blocks 1 to 2 on server, but measured.* on laptop"):
        stage_timeline(PREDICTED, other)


def test_a_plan_over_a_link_that_does_not_exist_is_an_error():
    with pytest.raises(PlannerError, match="no link leads over the hop server → phone"):
        stage_timeline(breakdown("predicted", (0.25, 0.5), (0.0, 0.125, inf)))


def test_predicted_bars_are_above_measured_ones():
    ax = drawn(plot_stage_timeline, stage_timeline(PREDICTED, MEASURED))
    bars = [(bar.get_y(), bar.get_x(), bar.get_width()) for bar in ax.patches]
    predicted, measured = bars[:4], bars[4:]
    assert [x for _, x, _ in measured] == [0.0, 500.0, 750.0, 1250.0]
    bottom, top = ax.get_ylim()
    assert bottom > top  # the axis points down, so above is less
    assert all(p[0] < m[0] for p, m in zip(predicted, measured, strict=True))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(
        stage_timeline(PREDICTED).lanes
    )


def test_the_legend_tells_origin_and_work_apart_and_both_ends():
    ax = drawn(plot_stage_timeline, stage_timeline(PREDICTED, MEASURED))
    assert legend_words(ax) == [
        "computing, predicted",
        "computing, measured",
        "on the wire, predicted",
        "on the wire, measured",
        "end to end, predicted: 937.5 ms",
        "end to end, measured: 1500 ms (a median, as bars are, which need not add up to it)",
    ]
    assert ax.get_xlabel() == "Time since the request arrived (ms)"
    assert texts(ax)[:2] == ["250 ms", "125 ms"]


def test_a_prediction_alone_has_no_words_about_a_measurement():
    ax = drawn(plot_stage_timeline, stage_timeline(PREDICTED))
    assert not [words for words in legend_words(ax) if "measured" in words]


def test_predicted_bars_are_light_and_measured_ones_full():
    ax = drawn(plot_stage_timeline, stage_timeline(PREDICTED, MEASURED))
    predicted, measured = ax.patches[:4], ax.patches[4:]
    assert {bar.get_facecolor()[3] for bar in measured} == {1.0}
    assert all(bar.get_facecolor()[3] < 0.5 for bar in predicted)
    for light, full in zip(predicted, measured, strict=True):
        assert light.get_facecolor()[:3] == full.get_facecolor()[:3]
    assert [bar.get_hatch() for bar in measured] == ["", "///", "", "///"]
    keys = {
        key.get_label(): (key.get_facecolor(), key.get_hatch())
        for key in legend_of(ax).get_patches()
    }
    assert keys["computing, predicted"] == (predicted[0].get_facecolor(), "")
    assert keys["on the wire, measured"] == (measured[1].get_facecolor(), "///")


def long_way(n, origin, factor=1.0):
    names = tuple(f"inference-box-{i:02}.frankfurt.example.org" for i in range(n))
    times = [0.01 * factor * (1 + i % 3) for i in range(n)]
    hops = [0.0003 * factor] * (n + 1)
    return breakdown(origin, times, hops, nodes=names)


@pytest.mark.parametrize("n", [1, 12])
@pytest.mark.parametrize("factor", [0.97, 1.1])
def test_lengths_hide_no_end_and_no_bar(n, factor):
    table = stage_timeline(long_way(n, "predicted"), long_way(n, "measured", factor))
    ax = drawn(plot_stage_timeline, table, (7, 0.5 * len(table.lanes) + 2.5))
    assert_on_the_page(ax.figure)
    ends = ax.transData.transform([(table.predicted_ms, 0), (table.measured_ms, 0)])[:, 0]
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not [box for box in boxes for x in ends if box.x0 < x - 0.5 and x + 0.5 < box.x1]
    assert not [one for one, two in combinations(boxes, 2) if one.overlaps(two)]
    assert ax.bbox.width > 0.6 * ax.figure.bbox.width
