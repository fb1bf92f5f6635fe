"""The picture of the best number of parts over bandwidth and memory."""

import pytest

from planner.bandwidth_sweep import BandwidthSweep, FixedPlan
from planner.errors import MismatchError, PlannerError
from planner.plan_row import PlanRow
from planner.plotting.parts_map import PartsTable, parts_by_bandwidth_and_cap, plot_parts_map
from tests.planner.plotting.drawing import drawn, texts

MBIT = 1e6 / 8


def sweep(*plans, bandwidths=(MBIT, 10 * MBIT)):
    """A best plan per bandwidth by its nodes; none where nothing fits."""
    rows = [
        PlanRow(
            status="optimal" if nodes else "infeasible",
            nodes=nodes or (),
            cuts=range(1, len(nodes or "x")),
        )
        for nodes in plans
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
    20 * 2**20: sweep(None, ("a", "b", "c")),
}


def test_rows_ascend_in_the_cap_and_columns_in_the_bandwidth():
    assert parts_by_bandwidth_and_cap(SWEEPS) == PartsTable(
        bandwidths_bytes_per_s=(MBIT, 10 * MBIT),
        caps_bytes=(20 * 2**20, 40 * 2**20),
        parts=((None, 3), (1, 2)),
    )


def test_every_field_says_its_number_of_parts():
    ax = drawn(plot_parts_map, parts_by_bandwidth_and_cap(SWEEPS))
    assert texts(ax) == ["–", "3", "1", "2"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1 Mbit/s", "10 Mbit/s"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["20 MiB", "40 MiB"]


def test_no_caps_and_different_bandwidths_are_errors():
    with pytest.raises(PlannerError, match="no cap"):
        parts_by_bandwidth_and_cap({})
    other = sweep(("a",), ("a",), bandwidths=(MBIT, 20 * MBIT))
    with pytest.raises(MismatchError, match="different bandwidths"):
        parts_by_bandwidth_and_cap({1: SWEEPS[20 * 2**20], 2: other})
