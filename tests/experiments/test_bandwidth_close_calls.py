from types import SimpleNamespace

import pytest

from experiments.bandwidth.close_calls import close_calls
from tests.experiments.test_bandwidth_summary import FAST, SLOW, visits


def entry(link):
    return SimpleNamespace(link=link)


@pytest.mark.parametrize("others", [(1.09, 0.8, 1.0), (1.0, 1.05, 1.01), (0.9, 0.95, 1.099)])
def test_ours_and_all_that_are_not_clearly_slower_are_measured_again_whoever_seems_quicker(others):
    rows = [*visits("a", "partway", 1.0, 1.0), *visits("e", "clearly slower", 1.1, 1.1)]
    for node, seconds in zip("bcd", others, strict=True):
        rows += visits(node, f"rule of {node}", seconds, seconds)
    rows += [
        *visits("a", "partway", 1.0, 1.0, link=FAST),
        *visits("b", "rule of b", 1.2, 1.2, link=FAST),
    ]
    slow, fast = entry(SLOW), entry(FAST)
    entries = {((), (node,)): [slow, fast] for node in "ab"} | {
        ((), (node,)): [slow] for node in "cde"
    }
    found = close_calls("tiny", rows, entries, within=0.1)
    assert found == {((), (node,)): [slow] for node in "abcd"}
    assert close_calls("another", rows, entries, within=0.1) == {}


def test_nothing_is_measured_again_where_all_others_are_our_plan_or_exceed_a_cap_or_failed():
    rows = [
        *visits("a", "partway; the same", 1.0, 1.0),
        *visits("b", "above a cap", 0.5, 0.5, fits=False),
        *visits("c", "failed", None, 0.5, result="killed"),
    ]
    entries = {((), (node,)): [entry(SLOW)] for node in "abc"}
    assert close_calls("tiny", rows, entries, within=0.1) == {}
