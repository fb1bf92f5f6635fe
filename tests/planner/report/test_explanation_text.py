"""An explanation in sentences."""

import pytest

from planner.explanation import ChangeKind, Cutting, Explanation, WhatIf
from planner.objectives import LATENCY, PRICE, THROUGHPUT, latency_quantile
from planner.report.explanation_text import explanation_lines, idle_words


def cutting(whole, cut):
    return Cutting(
        whole=whole, whole_reason="", cut=cut, cut_reason="", compute_change_s=-0.5,
        transfer_change_s=0.25, whole_busiest="box-a", cut_busiest="the link box-a → box-b",
    )  # fmt: skip


def answer_with(objective=LATENCY, **fields):
    known = {
        "objective": objective, "value": 1.0, "memory": (), "value_without_caps": 1.0,
        "what_ifs": (), "next_best": None, "cutting": None, "alternatives": (), "left_out": 0,
    } | fields  # fmt: skip
    return Explanation(**known)


@pytest.mark.parametrize(
    ("objective", "values", "words"),
    [
        (
            LATENCY,
            (1.0, 0.75),
            "one piece: 1000.00 ms; with a cut: 750.00 ms; cutting pays: it changes compute by "
            "-500 ms and transfers by +250 ms",
        ),
        (
            THROUGHPUT,
            (1.0, 0.75),
            "one piece: 1000.00 ms; with a cut: 750.00 ms; cutting pays: busiest is box-a, and "
            "with a cut the link box-a → box-b",
        ),
        (PRICE, (1.0, 2.0), "one piece: 1; with a cut: 2; cutting hurts"),
        (
            latency_quantile(0.95),
            (1.0, 1.0),
            "one piece: 1000.00 ms; with a cut: 1000.00 ms; cutting gains nothing",
        ),
    ],
)
def test_whether_cutting_pays_follows_from_what_was_planned_for(objective, values, words):
    answer = answer_with(objective, cutting=cutting(*values))
    assert explanation_lines(answer, ())[-1] == words


def test_many_changes_that_gain_nothing_are_counted_in_one_row():
    wires = [
        WhatIf(
            kind=ChangeKind.BANDWIDTH, subject=f"a – n{index}", change="twice the bandwidth",
            value=1.0, gain=0.0, proved=True,
        )
        for index in range(36)
    ]  # fmt: skip
    ((kind, subjects, *_),) = idle_words(answer_with(what_ifs=wires))
    assert (kind, subjects) == ("bandwidth", "a – n0, a – n1, a – n2, a – n3 and 32 more")
