"""The picture of a sweep: its numbers, and that they are drawn."""

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from planner.breakdown import Breakdown, HopTerm, StageTerm
from planner.errors import PlannerError
from planner.plotting.granularity import (
    GranularityPoint,
    plans_against_granularity,
    plot_plans_against_granularity,
)
from planner.sweep import SweepRow


def row(parts: int, latency_s: float) -> SweepRow:
    return SweepRow(
        parts=parts,
        feasible=True,
        latency_s=latency_s,
        peak_bytes=2**20 * (10 - parts),
        moved_bytes=2**19 * parts,
    )


def gap(parts: int) -> SweepRow:
    return SweepRow(parts=parts, feasible=False, reason="too large")


WITH_A_GAP = [row(1, 0.3), gap(2), row(3, 0.2), row(4, 0.25), gap(5)]


def draw(rows):
    figure = Figure(figsize=(7, 7), layout="constrained")
    panels = plot_plans_against_granularity(plans_against_granularity(rows), figure)
    figure.draw_without_rendering()
    return figure, panels


def legend_words(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_table_is_in_milliseconds_and_mebibytes_and_names_what_does_not_fit():
    table = plans_against_granularity(WITH_A_GAP)
    assert table.points[0] == GranularityPoint(1, 300.0, 9.0, 0.5)
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
    assert panels[-1].get_xlabel() == "Number of parts"
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
        "best single node",
    ]
    assert all(len(axes.patches) == 2 for axes in panels)


def test_nothing_is_ringed_when_the_whole_fits_no_node():
    figure, _ = draw([gap(1), row(2, 0.1)])
    assert "best single node" not in legend_words(figure)


def test_the_split_by_hand_is_marked_at_its_number_of_parts():
    stages = [
        StageTerm(node=name, start=i, stop=i + 1, compute_s=0.1, peak_bytes=2**20, cap_bytes=cap)
        for i, (name, cap) in enumerate((("a", 2**21), ("b", 1)))
    ]
    ends = ("a", "a", "b", "a")
    hops = [HopTerm(source=s, target=t, n_bytes=2**19, transfer_s=0.05) for s, t in pairwise(ends)]
    by_hand = Breakdown(origin="predicted", stages=stages, hops=hops, latency_s=0.3)
    table = plans_against_granularity(WITH_A_GAP, by_hand)
    assert table.hand_split == GranularityPoint(2, 300.0, 1.0, 1.0)
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


def test_the_title_says_what_finer_and_coarser_mean():
    figure, _ = draw(WITH_A_GAP)
    title = figure.get_suptitle()
    assert "coarser (left): less communication, more hardware in one place" in title
    assert "finer (right): less hardware in each place, more communication" in title
