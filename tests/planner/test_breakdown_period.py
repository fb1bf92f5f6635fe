"""Time between answers with so many requests under way."""

import pytest

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm

BREAKDOWN = Breakdown(
    origin=Origin.PREDICTED,
    stages=[
        StageTerm(node="a", start=0, stop=1, compute_s=2.0, peak_bytes=0, cap_bytes=0),
        StageTerm(node="b", start=1, stop=2, compute_s=3.0, peak_bytes=0, cap_bytes=0),
    ],
    hops=[
        HopTerm(source="a", target="a", n_bytes=1, transfer_s=0.0),
        HopTerm(source="a", target="b", n_bytes=1, transfer_s=6.0, busy_s=1.0),
        HopTerm(source="b", target="a", n_bytes=1, transfer_s=7.0, busy_s=4.0),
    ],
    latency_s=18.0,
)


@pytest.mark.parametrize(
    ("in_flight", "period_s"),
    [
        (1, 18.0),  # one after another
        (3, 6.0),  # three in 18 s
        (5, 4.0),  # the wire back keeps each message 4 s
        (100, 4.0),
    ],
)
def test_the_period_is_bounded_by_the_busiest_part_and_by_what_is_under_way(in_flight, period_s):
    assert BREAKDOWN.period_of_s(in_flight) == period_s
