"""The picture of a sweep over the memory cap."""

import pytest

from planner.errors import PlannerError
from planner.memory_sweep import MemoryRow
from planner.plotting.memory_cap import (
    CapPoint,
    latency_against_cap,
    plot_latency_against_cap,
)
from planner.solution import Status
from tests.planner.plotting.drawing import drawn, legend_words


def row(cap_mib, latency_s=None, nodes=("a", "b")):
    if latency_s is None:
        return MemoryRow(cap_bytes=cap_mib * 2**20, status="infeasible", reason="too large")
    return MemoryRow(cap_bytes=cap_mib * 2**20, status="optimal", latency_s=latency_s, nodes=nodes)


ROWS = [row(40, 0.1, ("a",)), row(10), row(30, 0.3), row(20, 0.5)]
WHOLE = [row(cap) for cap in (10, 20, 30)] + [row(40, 0.1, ("a",))]


def test_the_table_tells_the_smallest_caps_that_are_enough():
    table = latency_against_cap(ROWS, WHOLE)
    assert table.points == (
        CapPoint(20.0, 500.0, 2),
        CapPoint(30.0, 300.0, 2),
        CapPoint(40.0, 100.0, 1),
    )
    assert table.does_not_fit_mib == (10.0,)
    assert (table.threshold_mib, table.whole_threshold_mib) == (20.0, 40.0)


def test_the_legend_says_how_much_is_enough():
    ax = drawn(plot_latency_against_cap, latency_against_cap(ROWS, WHOLE))
    assert legend_words(ax) == [
        "best single node",
        "best plan has 1 part",
        "best plan has 2 parts",
        "no plan fits",
        "smallest tried that is enough: 20 MiB",
        "smallest tried for the whole model: 40 MiB",
    ]
    assert ax.get_xlabel() == "Memory cap of a node (MiB)"
    assert ax.get_ylabel() == "End-to-end latency, predicted (ms)"


def test_latency_is_drawn_over_the_cap():
    ax = drawn(plot_latency_against_cap, latency_against_cap(ROWS, WHOLE))
    whole, best, one_part, two_parts = ax.lines[:4]
    assert whole.get_xydata().tolist() == [[40.0, 100.0]]
    assert best.get_xydata().tolist() == [[20.0, 500.0], [30.0, 300.0], [40.0, 100.0]]
    assert one_part.get_xydata().tolist() == [[40.0, 100.0]]
    assert two_parts.get_xydata().tolist() == [[20.0, 500.0], [30.0, 300.0]]
    assert [line.get_xdata()[0] for line in ax.lines[4:]] == [20.0, 40.0]


def test_what_does_not_fit_is_shaded_up_to_the_last_cap_that_was_tried():
    ax = drawn(plot_latency_against_cap, latency_against_cap(ROWS))
    (shade,) = ax.patches
    assert shade.get_x() == ax.get_xlim()[0] < 10.0
    assert shade.get_x() + shade.get_width() == 10.0
    assert all(line.get_drawstyle() == "steps-post" for line in ax.lines[:1])


def test_a_sweep_in_which_nothing_fits_can_be_drawn_and_an_empty_one_cannot():
    ax = drawn(plot_latency_against_cap, latency_against_cap([row(10), row(20)]))
    assert legend_words(ax) == ["no plan fits under any cap tried"]
    with pytest.raises(PlannerError, match="no rows"):
        latency_against_cap([])


def test_one_cap_alone_can_be_drawn():
    ax = drawn(plot_latency_against_cap, latency_against_cap([row(20, 0.5)]))
    assert legend_words(ax) == ["best plan has 2 parts"]


def test_the_highest_line_lies_below_the_top():
    whole = [row(40, 0.9, ("a",))]
    ax = drawn(plot_latency_against_cap, latency_against_cap(ROWS, whole))
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 900


def test_what_was_not_found_in_time_is_shaded_apart_from_what_does_not_fit():
    lost = MemoryRow(cap_bytes=15 * 2**20, status="unknown", reason="the time ran out")
    found = row(20, 0.5).model_copy(update={"status": Status.FEASIBLE})
    table = latency_against_cap([row(10), lost, found, row(30, 0.3)])
    assert (table.does_not_fit_mib, table.not_found_mib) == ((10.0,), (15.0,))
    ax = drawn(plot_latency_against_cap, table)
    misfit, unknown = ax.patches
    assert (unknown.get_x(), unknown.get_x() + unknown.get_width()) == (10.0, 15.0)
    assert misfit.get_x() + misfit.get_width() == 10.0
    assert legend_words(ax)[1:4] == [
        "not proved to be the best",
        "no plan fits",
        "no plan found in time",
    ]
    assert ax.lines[2].get_xydata().tolist() == [[20.0, 500.0]]


def test_a_sweep_without_any_plan_still_says_what_it_was_searched_by():
    rows = [row(10).model_copy(update={"objective": "period"})]
    assert latency_against_cap(rows).objective == "period"
