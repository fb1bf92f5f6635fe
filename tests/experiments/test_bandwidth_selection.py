from types import SimpleNamespace

import pytest

from experiments.bandwidth.selection import select
from experiments.contest import KEY, ContestRow, Entry
from experiments.rows import RowFile
from planner.breakdown import Breakdown, Origin, StageTerm

MIB = 2**20
DEVICE, SERVER, BOTH = ((), ("device",)), ((), ("server",)), ((1,), ("device", "server"))


def entry(stages, link, predicted_s, *names, peak_bytes=0, cap_bytes=MIB):
    cuts, nodes = stages
    starts = (0, *cuts)
    terms = tuple(
        StageTerm(node=node, start=start, stop=start + 1, compute_s=predicted_s,
                  peak_bytes=peak_bytes, cap_bytes=cap_bytes)
        for node, start in zip(nodes, starts, strict=True)
    )  # fmt: skip
    estimate = Breakdown(origin=Origin.PREDICTED, stages=terms, hops=(), latency_s=predicted_s)
    parts = [SimpleNamespace(start=a, node=node) for a, node in zip(starts, nodes, strict=True)]
    solution = SimpleNamespace(plan=SimpleNamespace(stages=parts))
    document = SimpleNamespace(estimate=estimate, solution=solution, model="tiny")
    return Entry(document, None, link, names)


ENTRIES = {
    BOTH: [entry(BOTH, "slow", 1.0, "partway"), entry(BOTH, "fast", 0.1, "even")],
    SERVER: [entry(SERVER, "slow", 3.5, "greedy"), entry(SERVER, "fast", 0.02, "partway")],
    DEVICE: [
        entry(DEVICE, link, 0.01, "careless", peak_bytes=3 * MIB, cap_bytes=2 * MIB)
        for link in ("slow", "fast")
    ],
}


def chosen(*, caps_hold=True):
    return select(ENTRIES, most_over_ours=3.0, cheap_s=0.5, caps_hold=caps_hold)


def test_slow_plans_are_left_out_only_where_a_request_is_dear():
    # Over the fast link the cut takes five times as long as ours, but only 0.1 s.
    assert {stages: [e.link for e in visits] for stages, visits in chosen().measured.items()} == {
        BOTH: ["slow", "fast"],
        SERVER: ["fast"],
    }


def test_a_plan_above_a_cap_is_tried_once_and_never_measured():
    found = chosen()
    assert {stages: [e.link for e in visits] for stages, visits in found.tried.items()} == {
        DEVICE: ["fast"]
    }
    assert [(e.link, str(reason)) for e, reason in found.left_out] == [
        ("slow", "predicted to take 3.5 times as long as our plan"),
        ("slow", "above a memory cap: device lacks 1 MiB"),
    ]


def test_where_no_cap_holds_no_plan_above_one_is_tried():
    found = chosen(caps_hold=False)
    assert found.tried == {}
    assert [e.link for e, _ in found.left_out] == ["slow", "slow", "fast"]


def test_plans_that_are_left_out_have_one_row_with_the_reason(tmp_path):
    rows = RowFile(tmp_path / "rows.csv", ContestRow, key=KEY)
    for _ in range(2):
        chosen().record_left_out("tiny", rows)
    first, second = rows.rows
    assert first.result == "LeftOut: predicted to take 3.5 times as long as our plan"
    assert (first.fits, first.predicted_s, first.measured_s) == (True, 3.5, None)
    assert (second.fits, second.names) == (False, ("careless",))


def test_the_expected_time_is_that_of_all_requests_and_starts():
    # Per visit: 5 requests and 1 before at 1 s, 10 and 3 at 0.1 s, 15 and 3 at 0.02 s, and the
    # start of two plans; the plan above a cap starts once.
    requests_s = 6 * 1.0 + 13 * 0.1 + 18 * 0.02
    assert chosen().expected_s(2) == pytest.approx(2 * (requests_s + 2 * 2) + 2)
