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


def shared(stages_s, **hops_changes):
    """The same with other stages, or with hops of a medium."""
    stages = [
        stage.model_copy(update={"compute_s": seconds})
        for stage, seconds in zip(BREAKDOWN.stages, stages_s, strict=True)
    ]
    hops = [hop.model_copy(update=hops_changes) for hop in BREAKDOWN.hops]
    return BREAKDOWN.model_copy(update={"stages": tuple(stages), "hops": tuple(hops)})


@pytest.mark.parametrize(
    ("breakdown", "words"),
    [
        (BREAKDOWN, "the link b → a"),  # 4 s, node b 3 s
        (shared((2.0, 4.5)), "b"),
        (shared((2.0, 4.5), media=("wifi",)), "the medium wifi"),  # 1 + 4 s; within a is no hop
        (shared((5.5, 4.5), media=("a",)), "a"),  # a medium that is named as a node is another
    ],
)
def test_what_bounds_the_period_is_named(breakdown, words):
    assert breakdown.busiest == words
