from types import SimpleNamespace

from experiments.bandwidth.close_calls import close_calls
from tests.experiments.test_bandwidth_summary import FAST, SLOW, visits


def entry(link):
    return SimpleNamespace(link=link)


def test_ours_and_all_that_seem_quicker_are_measured_again_where_one_is_by_more_than_the_claim():
    rows = [
        *visits("a", "partway", 1.1, 1.1),
        *visits("b", "quick", 1.0, 1.0),
        *visits("c", "a little quicker", 1.09, 1.09),
        *visits("d", "slow", 1.2, 1.2),
        *visits("a", "partway", 1.01, 1.01, link=FAST),
        *visits("b", "quick", 1.0, 1.0, link=FAST),
    ]
    slow, fast = entry(SLOW), entry(FAST)
    entries = {((), (node,)): [slow, fast] for node in "ab"} | {
        ((), (node,)): [slow] for node in "cd"
    }
    found = close_calls("tiny", rows, entries)
    assert found == {((), (node,)): [slow] for node in "abc"}
    assert close_calls("another", rows, entries) == {}


def test_nothing_is_measured_again_where_ours_is_the_quickest():
    rows = [*visits("a", "partway", 1.0, 1.0), *visits("b", "even", 1.0, 1.5)]
    assert close_calls("tiny", rows, {((), ("a",)): [entry(SLOW)]}) == {}
