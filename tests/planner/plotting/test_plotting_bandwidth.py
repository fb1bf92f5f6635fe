"""The picture of a sweep over the bandwidth."""

import numpy as np
import pytest

from planner.bandwidth_sweep import BandwidthSweep, FixedPlan, sweep_bandwidth
from planner.plan_row import PlanRow, plan_words
from planner.plotting.bandwidth import (
    latency_against_bandwidth,
    plot_latency_against_bandwidth,
)
from tests.planner.plotting.drawing import drawn, legend_words, texts
from tests.planner.test_bandwidth_sweep import phone_and_server


def swept(*bandwidths):
    return latency_against_bandwidth(sweep_bandwidth(phone_and_server(), bandwidths))


def test_a_crossover_is_where_the_lines_of_both_plans_meet():
    # Phone 2, cut 1.1 + 11/β, server 0.2 + 101/β: they meet at β = 11/0.9 and at 90/0.9 bytes/s.
    table = swept(1.0, 20.0, 50.0, 200.0, 1000.0)
    assert [c.mbit_per_s for c in table.crossovers] == pytest.approx(
        [11 / 0.9 * 8e-6, 100 * 8e-6], rel=1e-9
    )
    assert [c.latency_ms for c in table.crossovers] == pytest.approx([2000.0, 1210.0], rel=1e-9)
    assert [(c.below, c.above) for c in table.crossovers] == [
        ("phone", "phone |1| server"),
        ("phone |1| server", "server"),
    ]


def test_one_plan_for_all_bandwidths_has_no_crossover():
    assert swept(1.0, 2.0).crossovers == ()


def test_the_table_is_in_megabit_and_milliseconds():
    table = swept(125_000.0)
    assert table.mbit_per_s == (1.0,)
    assert table.best_ms == pytest.approx((200 + 101 / 125,), rel=1e-12)
    assert table.chosen == ("server",)


def test_where_nothing_fits_there_is_a_gap_and_no_crossover():
    fixed = FixedPlan(nodes=("a",), cuts=(), fits=True, latency_s=(3.0, 2.0))
    lost = FixedPlan(nodes=("b",), cuts=(), fits=False, latency_s=(np.inf, np.inf))
    rows = (
        PlanRow(status="infeasible", reason="too slow"),
        PlanRow(status="optimal", latency_s=2.0, nodes=("a",)),
    )
    table = latency_against_bandwidth(
        BandwidthSweep(bandwidths_bytes_per_s=(1.0, 2.0), rows=rows, plans=(fixed, lost))
    )
    assert np.isnan(table.best_ms[0])
    assert table.crossovers == ()
    assert [line.words for line in table.lines] == ["a"]  # b cannot be reached
    drawn(plot_latency_against_bandwidth, table)


def two_lines(*statuses, objective="latency"):
    """Two bandwidths; `a` takes 3 and 2 s and is the best plan found, `b` takes 2 and 1 s."""
    plans = (
        FixedPlan(nodes=("a",), cuts=(), fits=True, latency_s=(3.0, 2.0)),
        FixedPlan(nodes=("b",), cuts=(), fits=True, latency_s=(2.0, 1.0)),
    )
    rows = tuple(
        PlanRow(status=status, latency_s=latency_s, nodes=("a",), objective=objective)
        for status, latency_s in zip(statuses, (3.0, 2.0), strict=True)
    )
    return latency_against_bandwidth(
        BandwidthSweep(bandwidths_bytes_per_s=(125e3, 250e3), rows=rows, plans=plans)
    )


def test_a_line_below_that_of_the_best_by_another_objective_is_inside_of_the_axes():
    table = two_lines("optimal", "optimal", objective="period")
    assert table.objective == "period"
    assert drawn(plot_latency_against_bandwidth, table).get_ylim() == pytest.approx((800, 7500))


def test_plans_without_a_proof_are_marked():
    ax = drawn(plot_latency_against_bandwidth, two_lines("optimal", "feasible"))
    (marked,) = [line for line in ax.lines if line.get_label() == "not proved to be the best"]
    assert marked.get_xydata().tolist() == [[2.0, 2000.0]]
    ax = drawn(plot_latency_against_bandwidth, two_lines("optimal", "optimal"))
    assert "not proved to be the best" not in legend_words(ax)


def test_a_sweep_without_any_plan_still_says_what_it_was_searched_by():
    rows = (PlanRow(status="infeasible", objective="period", reason="too slow"),)
    sweep = BandwidthSweep(bandwidths_bytes_per_s=(1.0,), rows=rows, plans=())
    assert latency_against_bandwidth(sweep).objective == "period"


def test_words_of_a_plan_name_its_cuts():
    assert plan_words(("a", "b+c", "d"), (3, 7)) == "a |3| b+c |7| d"


def test_lines_bend_at_crossovers_and_words_tell_what_never_pays():
    ax = drawn(plot_latency_against_bandwidth, swept(1.0, 20.0, 50.0))
    assert ax.get_xlabel() == "Bandwidth of every link (Mbit/s)"
    assert ax.get_ylabel() == "End-to-end latency, predicted (ms)"
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert legend_words(ax) == [
        "best plan that fits",
        "phone",
        "server (never best)",
        "phone |1| server",
        "best plan changes",
    ]
    # Three bandwidths, and the crossover between the first two.
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2000, 2000, 1650, 1320])
    assert texts(ax) == ["9.78e-05 Mbit/s"]


def test_every_plan_is_drawn_at_what_it_takes_at_each_bandwidth():
    ax = drawn(plot_latency_against_bandwidth, swept(1.0, 20.0, 50.0))
    plans = {line.get_label(): line for line in ax.lines[1:4]}
    for line in plans.values():
        np.testing.assert_allclose(line.get_xdata(), [8e-6, 160e-6, 400e-6])
    # 1.1 + 11/β, and 0.2 + 101/β, in milliseconds.
    np.testing.assert_allclose(plans["phone"].get_ydata(), [2000, 2000, 2000])
    np.testing.assert_allclose(plans["phone |1| server"].get_ydata(), [12100, 1650, 1320])
    np.testing.assert_allclose(plans["server (never best)"].get_ydata(), [101200, 5250, 2220])
