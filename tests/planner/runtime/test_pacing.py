import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.runtime.pacing import PacedWire, WireTime, wait_until

SECONDS = st.floats(0, 100)


def test_a_lone_message_takes_its_time_and_the_delay():
    wire = PacedWire(WireTime(busy_s=2.0, delay_s=3.0))
    assert wire.arrival_s(10.0) == 15.0
    assert wire.arrival_s(20.0) == 25.0


def test_messages_share_the_wire_but_not_the_delay():
    """Sent at once, they arrive one busy time after each other, not one whole hop."""
    wire = PacedWire(WireTime(busy_s=2.0, delay_s=30.0))
    assert [wire.arrival_s(10.0) for _ in range(3)] == [42.0, 44.0, 46.0]
    assert wire.arrival_s(15.5) == 48.0  # the wire is free at 16
    assert wire.arrival_s(18.5) == 50.5


@given(SECONDS, SECONDS, st.lists(SECONDS, min_size=2, max_size=8))
def test_messages_arrive_in_order_no_sooner_than_alone_and_no_closer_than_busy(
    busy_s, delay_s, sent_s
):
    wire = PacedWire(WireTime(busy_s, delay_s))
    sent_s = sorted(sent_s)
    arrivals_s = [wire.arrival_s(sent) for sent in sent_s]
    for sent, arrival in zip(sent_s, arrivals_s, strict=True):
        assert arrival >= sent + busy_s + delay_s - 1e-9
    for before, after in pairwise(arrivals_s):
        assert after - before >= busy_s - 1e-9
    assert arrivals_s[-1] <= sent_s[-1] + len(sent_s) * busy_s + delay_s + 1e-9


def test_a_wait_is_never_short():
    due_s = time.monotonic() + 0.02
    wait_until(due_s)
    assert due_s <= time.monotonic() < due_s + 1


def test_a_time_in_the_past_is_no_wait():
    start_s = time.monotonic()
    wait_until(start_s - 10)
    assert time.monotonic() - start_s < 1


def test_a_long_wait_is_watched():
    def watch():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        wait_until(time.monotonic() + 60, watch)
