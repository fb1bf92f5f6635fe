"""The picture of the best number of parts over bandwidth and memory."""

import pytest

from planner.bandwidth_sweep import BandwidthSweep, FixedPlan
from planner.errors import MismatchError, PlannerError
from planner.plan_row import PlanRow
from planner.plotting.parts_map import PartsTable, parts_by_bandwidth_and_cap, plot_parts_map
from planner.solution import Status
from tests.planner.plotting.drawing import drawn, texts

MBIT = 1e6 / 8


def sweep(*plans, bandwidths=(MBIT, 10 * MBIT)):
    """A best plan per bandwidth by its nodes, or why there is none."""
    rows = [
        PlanRow(
            status=plan if isinstance(plan, Status) else "optimal",
            nodes=() if isinstance(plan, Status) else plan,
            cuts=() if isinstance(plan, Status) else range(1, len(plan)),
        )
        for plan in plans
    ]
    fixed = dict.fromkeys((row.nodes, row.cuts) for row in rows if row.feasible)
    return BandwidthSweep(
        bandwidths_bytes_per_s=bandwidths,
        rows=rows,
        plans=[
            FixedPlan(nodes=nodes, cuts=cuts, fits=True, latency_s=(1.0,) * len(bandwidths))
            for nodes, cuts in fixed
        ],
    )


SWEEPS = {
    40 * 2**20: sweep(("a",), ("a", "b")),
    20 * 2**20: sweep(Status.INFEASIBLE, ("a", "b", "c")),
}


def test_rows_ascend_in_the_cap_and_columns_in_the_bandwidth():
    assert parts_by_bandwidth_and_cap(SWEEPS) == PartsTable(
        bandwidths_bytes_per_s=(MBIT, 10 * MBIT),
        caps_bytes=(20 * 2**20, 40 * 2**20),
        parts=((Status.INFEASIBLE, 3), (1, 2)),
    )


def test_every_field_says_its_number_of_parts():
    ax = drawn(plot_parts_map, parts_by_bandwidth_and_cap(SWEEPS))
    assert texts(ax) == ["–", "3", "1", "2"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1 Mbit/s", "10 Mbit/s"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["20 MiB", "40 MiB"]


def test_what_was_not_found_in_time_is_told_from_what_does_not_fit():
    sweeps = {20 * 2**20: sweep(Status.INFEASIBLE, Status.UNKNOWN)}
    ax = drawn(plot_parts_map, parts_by_bandwidth_and_cap(sweeps))
    assert texts(ax) == ["–", "?"]
    assert "– where nothing fits; ? where no plan was found in the time" in ax.get_title()
    assert "?" not in drawn(plot_parts_map, parts_by_bandwidth_and_cap(SWEEPS)).get_title()


def test_no_caps_and_different_bandwidths_are_errors():
    with pytest.raises(PlannerError, match="no cap"):
        parts_by_bandwidth_and_cap({})
    other = sweep(("a",), ("a",), bandwidths=(MBIT, 20 * MBIT))
    with pytest.raises(MismatchError, match="different bandwidths"):
        parts_by_bandwidth_and_cap({1: SWEEPS[20 * 2**20], 2: other})
