"""The picture of a sweep over the bandwidth."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from planner.bandwidth_sweep import BandwidthSweep, FixedPlan, sweep_bandwidth
from planner.plan_row import PlanRow, plan_words
from planner.plotting.bandwidth import (
    BandwidthTable,
    PlanLine,
    latency_against_bandwidth,
    plot_latency_against_bandwidth,
)
from planner.plotting.palette import STYLES
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
        "phone |1| server",
        "server (never best)",
        "best plan changes",
    ]
    # Three bandwidths, and the crossover between the first two.
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2000, 2000, 1650, 1320])
    assert texts(ax) == ["9.78e-05 Mbit/s"]


def test_every_plan_is_drawn_at_what_it_takes_at_each_bandwidth_and_where_the_best_one_changes():
    ax = drawn(plot_latency_against_bandwidth, swept(1.0, 20.0, 50.0))
    plans = {line.get_label(): line for line in ax.lines[1:4]}
    for line in plans.values():
        np.testing.assert_allclose(line.get_xdata(), [8e-6, 11 / 0.9 * 8e-6, 160e-6, 400e-6])
    # 1.1 + 11/β, and 0.2 + 101/β, in milliseconds; 1/β is 0.9/11 at the crossover.
    np.testing.assert_allclose(plans["phone"].get_ydata(), [2000] * 4)
    np.testing.assert_allclose(plans["phone |1| server"].get_ydata(), [12100, 2000, 1650, 1320])
    server_ms = [101200, 200 + 101e3 * 0.9 / 11, 5250, 2220]
    np.testing.assert_allclose(plans["server (never best)"].get_ydata(), server_ms)
    # Marks stand at the bandwidths that were asked for.
    assert [plans[words].get_markevery() for words in ("phone", "phone |1| server")] == [
        [0, 2, 3]
    ] * 2


@pytest.mark.parametrize("bandwidths", [(1.0, 1000.0), (1.0, 20.0, 50.0, 200.0, 1000.0)])
def test_the_band_lies_on_the_lines_of_the_best_plans(bandwidths):
    ax = drawn(plot_latency_against_bandwidth, swept(*bandwidths))
    band, *plans = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert len(band.get_xdata()) > len(bandwidths)
    lowest = np.min([plan.get_ydata() for plan in plans], axis=0)
    np.testing.assert_allclose(band.get_ydata(), lowest)


def many_plans(n_nowhere, n_chosen):
    """Plans that are the best at no bandwidth, and as many bandwidths as others that are at one."""
    bandwidths = tuple(125e3 * 2**i for i in range(n_chosen))
    nowhere = [(f"idle-{i}", i % 2 == 0, (20.0 + i,) * n_chosen) for i in range(n_nowhere)]
    chosen = [
        (f"busy-{i}", True, tuple(10.0 + abs(i - j) for j in range(n_chosen)))
        for i in range(n_chosen)
    ]
    plans = tuple(
        FixedPlan(nodes=(name,), cuts=(), fits=fits, latency_s=latency_s)
        for name, fits, latency_s in (*nowhere, *chosen)
    )
    rows = tuple(
        PlanRow(status="optimal", latency_s=10.0, nodes=(f"busy-{i}",)) for i in range(n_chosen)
    )
    return latency_against_bandwidth(
        BandwidthSweep(bandwidths_bytes_per_s=bandwidths, rows=rows, plans=plans)
    )


def lines_of(ax, words):
    return [line for line in ax.lines if words in str(line.get_label())]


def test_plans_that_are_best_somewhere_have_the_first_styles_and_never_the_same():
    ax = drawn(plot_latency_against_bandwidth, many_plans(n_nowhere=7, n_chosen=11))
    looks = [
        (line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines_of(ax, "busy")
    ]
    assert looks[:8] == [(style.colour, style.marker, "-") for style in STYLES]
    assert len(set(looks)) == 11


def test_plans_that_are_best_nowhere_are_thin_grey_and_named_once():
    ax = drawn(plot_latency_against_bandwidth, many_plans(n_nowhere=3, n_chosen=2))
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    solid = lines_of(ax, "busy")
    assert [line.get_ydata()[0] for line in dotted] == [20e3, 21e3, 22e3]
    for line in dotted:
        assert len(set(to_rgb(line.get_color()))) == 1
        assert line.get_marker() == "None"
        assert line.get_linewidth() < min(plan.get_linewidth() for plan in solid)
    assert [line.get_linestyle() for line in solid] == ["-", "-"]
    (named,) = [words for words in legend_words(ax) if "idle" in words]
    assert " ".join(named.split()) == (
        "never best, from above at the right: idle-2, idle-1 (does not fit), idle-0"
    )
    assert max(map(len, named.splitlines())) <= 40


def test_the_band_and_every_line_on_it_are_seen_when_printed_grey():
    """Up the band there is paper, its edge, its face, a line's edge, and then the line's colour."""
    names = tuple(f"busy-{i}" for i in range(len(STYLES)))
    lines = tuple(PlanLine(name, True, True, (1e3, 1e3), ()) for name in names)
    ax = drawn(
        plot_latency_against_bandwidth,
        BandwidthTable((1.0, 100.0), (1e3, 1e3), names[:2], lines, crossovers=()),
    )
    canvas = FigureCanvasAgg(ax.figure)
    x, y = (round(place) for place in ax.transData.transform((30, 1e3)))
    for line in lines_of(ax, "busy"):
        for other in lines_of(ax, "busy"):
            other.set_visible(other is line)
        canvas.draw()
        column = np.asarray(canvas.buffer_rgba())[::-1, x, :3] / 255
        grey = column[y - 12 : y + 1] @ (0.2126, 0.7152, 0.0722)
        paper, face = grey[0], grey[8]
        assert paper > face
        assert min(grey[:8]) < face - 0.25
        assert min(grey[9:]) < face - 0.25, line.get_label()
