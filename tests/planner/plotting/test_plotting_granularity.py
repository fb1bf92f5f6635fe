"""The picture of a sweep: its numbers, and that they are drawn."""

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import MismatchError, PlannerError
from planner.objectives import LATENCY, THROUGHPUT, latency_quantile
from planner.plotting.granularity import (
    GranularityPoint,
    plans_against_granularity,
    plot_plans_against_granularity,
)
from planner.sweep import SweepRow


def row(parts: int, latency_s: float, status: str = "optimal") -> SweepRow:
    return SweepRow(
        parts=parts,
        status=status,
        latency_s=latency_s,
        peak_bytes=2**20 * (10 - parts),
        moved_bytes=2**19 * parts,
    )


def gap(parts: int, status: str = "infeasible") -> SweepRow:
    return SweepRow(parts=parts, status=status, reason="too large")


WITH_A_GAP = [row(1, 0.3), gap(2), row(3, 0.2), row(4, 0.25), gap(5)]


def draw(rows, objective=LATENCY):
    figure = Figure(figsize=(7, 7), layout="constrained")
    table = plans_against_granularity(rows, objective=objective)
    panels = plot_plans_against_granularity(table, figure)
    figure.draw_without_rendering()
    return figure, panels


def legend_words(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_table_is_in_milliseconds_and_mebibytes_and_names_what_does_not_fit():
    table = plans_against_granularity(WITH_A_GAP)
    assert table.points[0] == GranularityPoint(1, 300.0, 9.0, 0.5, 300.0)
    assert table.does_not_fit == (2, 5)
    assert table.best == table.points[1]


def test_among_equal_latencies_the_fewest_parts_are_best():
    table = plans_against_granularity([row(2, 0.2), row(1, 0.2)])
    assert [point.parts for point in table.points] == [1, 2]
    assert table.best is not None
    assert table.best.parts == 1


def test_three_panels_share_the_parts_and_have_units():
    _, panels = draw(WITH_A_GAP)
    assert [axes.get_ylabel().split("(")[-1] for axes in panels] == ["ms)", "MiB)", "MiB)"]
    assert panels[-1].get_xlabel() == "coarser ← number of parts → finer"
    assert {axes.get_xlim() for axes in panels} == {(0.5, 5.5)}
    assert all(axes.get_ylim()[0] == 0 for axes in panels)


def test_the_line_is_broken_where_nothing_fits():
    _, panels = draw(WITH_A_GAP)
    parts, values = panels[0].lines[0].get_data()
    assert list(parts) == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(values, [300, math.nan, 200, 250, math.nan])


def test_the_legend_says_in_words_what_is_marked():
    figure, panels = draw(WITH_A_GAP)
    assert legend_words(figure) == [
        "best plan that fits",
        "does not fit",
        "least latency: 200 ms",
        "best single node by latency",
    ]
    assert all(len(axes.patches) == 2 for axes in panels)


def test_what_was_not_found_in_time_is_not_said_to_fit_nowhere():
    figure, panels = draw([row(1, 0.3), row(2, 0.2, "feasible"), gap(3), gap(4, "unknown")])
    assert legend_words(figure) == [
        "best plan that fits",
        "not proved to be the best",
        "does not fit",
        "no plan found in time",
        "least latency found: 200 ms",
        "best single node by latency",
    ]
    for axes in panels:
        assert [(patch.get_x(), patch.get_hatch()) for patch in axes.patches] == [
            (2.5, "//"),
            (3.5, ".."),
        ]
    assert [axes.lines[1].get_xydata().tolist() for axes in panels] == [
        [[2.0, 200.0]],
        [[2.0, 8.0]],
        [[2.0, 1.0]],
    ]


def test_nothing_is_ringed_when_the_whole_fits_no_node():
    figure, _ = draw([gap(1), row(2, 0.1)])
    assert "best single node by latency" not in legend_words(figure)


def test_the_split_by_hand_is_marked_at_its_number_of_parts():
    stages = [
        StageTerm(node=name, start=i, stop=i + 1, compute_s=0.1, peak_bytes=2**20, cap_bytes=cap)
        for i, (name, cap) in enumerate((("a", 2**21), ("b", 1)))
    ]
    ends = ("a", "a", "b", "a")
    hops = [HopTerm(source=s, target=t, n_bytes=2**19, transfer_s=0.05) for s, t in pairwise(ends)]
    by_hand = Breakdown(origin="predicted", stages=stages, hops=hops, latency_s=0.3)
    table = plans_against_granularity(WITH_A_GAP, by_hand)
    assert table.hand_split == GranularityPoint(2, 300.0, 1.0, 1.0, 300.0)
    assert not table.hand_split_fits  # node b has one byte
    figure = Figure(layout="constrained")
    panels = plot_plans_against_granularity(table, figure)
    assert legend_words(figure)[-1] == "split by hand (does not fit)"
    assert [list(axes.lines[-1].get_ydata()) for axes in panels] == [[300.0], [1.0], [1.0]]
    nowhere = by_hand.model_copy(update={"latency_s": math.inf})
    assert plans_against_granularity(WITH_A_GAP, nowhere).hand_split is None


def test_an_empty_sweep_is_an_error():
    with pytest.raises(PlannerError, match="no rows"):
        plans_against_granularity([])


def test_a_sweep_without_any_plan_can_be_drawn():
    figure, panels = draw([gap(1), gap(2)])
    assert len(panels) == 3
    assert "least latency" not in " ".join(legend_words(figure))


def test_no_words_of_the_picture_say_what_its_numbers_need_not_bear_out():
    figure, panels = draw(WITH_A_GAP)
    assert figure.get_suptitle() == "Best plan by latency for every number of parts"
    assert [axes.get_title() for axes in panels] == ["", "", ""]


BY_PERIOD = [
    row(parts, latency_s).model_copy(update={"objective": "period", "value": period_s})
    for parts, latency_s, period_s in ((1, 0.15, 0.15), (2, 0.16, 0.05), (3, 0.17, 0.02))
]


def test_the_best_is_that_of_the_objective_also_where_it_is_not_the_fastest():
    table = plans_against_granularity(BY_PERIOD, objective=THROUGHPUT)
    assert table.best == GranularityPoint(3, 170.0, 7.0, 1.5, 20.0)
    figure, panels = draw(BY_PERIOD, objective=THROUGHPUT)
    assert panels[0].get_ylabel() == "Time between two answers\n(ms), predicted"
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), [150, 50, 20])
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), [150, 160, 170])
    assert legend_words(figure)[1:] == ["least period: 20 ms", "best single node by period"]
    assert figure.get_suptitle() == "Best plan by period for every number of parts"
    star = next(line for line in panels[1].lines if line.get_marker() == "*")
    assert star.get_xydata().tolist() == [[3.0, 170.0]]


def test_every_panel_has_the_markers_that_the_legend_names():
    _, panels = draw(WITH_A_GAP)
    drawn_as = {
        tuple((line.get_marker(), line.get_color(), line.get_label()) for line in axes.lines)
        for axes in panels
    }
    assert len(drawn_as) == 1


def test_a_plan_that_is_given_is_marked_beside_the_best_ones():
    stage = StageTerm(node="a", start=0, stop=1, compute_s=0.1, peak_bytes=2**20, cap_bytes=2**21)
    hops = [HopTerm(source="a", target="a", n_bytes=1, transfer_s=0.0)] * 2
    plan = Breakdown(origin="predicted", stages=[stage], hops=hops, latency_s=0.1)
    table = plans_against_granularity(BY_PERIOD[1:], plan=plan, objective=THROUGHPUT)
    assert table.plan == GranularityPoint(1, 100.0, 1.0, 0.0, 100.0)
    figure = Figure(layout="constrained")
    panels = plot_plans_against_granularity(table, figure)
    assert legend_words(figure)[-1] == "this plan"
    assert [axes.lines[-1].get_xydata().tolist() for axes in panels[:2]] == [[[1.0, 100.0]]] * 2
    assert panels[0].get_xlim() == (0.5, 3.5)  # the plan's own place included


def test_a_price_says_nothing_of_a_quantile():
    rows = [
        each.model_copy(update={"objective": "p95 of the latency", "value": 0.4})
        for each in BY_PERIOD
    ]
    plan = Breakdown(
        origin="predicted",
        stages=[StageTerm(node="a", start=0, stop=1, compute_s=0, peak_bytes=1, cap_bytes=1)],
        hops=[HopTerm(source="a", target="a", n_bytes=1, transfer_s=0.0)] * 2,
        latency_s=0.1,
    )
    table = plans_against_granularity(rows, plan=plan, objective=latency_quantile(0.95))
    assert table.plan is not None
    assert math.isnan(table.plan.value)
    assert table.points[0].value == 400.0


def test_rows_of_another_objective_are_not_called_the_best():
    with pytest.raises(MismatchError, match="searched by period, and cannot be drawn as the best"):
        plans_against_granularity(BY_PERIOD)
