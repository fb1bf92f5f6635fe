import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.runtime.pacing import CHUNK_BYTES, schedule, wait_until


@given(st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=3), st.floats(0, 100))
def test_all_bytes_are_scheduled_in_order_and_the_last_at_the_total(lengths, total_s):
    pieces = [memoryview(bytes(length)) for length in (8, *lengths)]
    chunks = list(schedule(pieces, total_s, 5.0))
    due_s = [due for due, _ in chunks]
    assert sum(len(chunk) for _, chunk in chunks) == sum(map(len, pieces))
    assert max(len(chunk) for _, chunk in chunks) <= CHUNK_BYTES
    assert due_s == sorted(due_s)
    assert due_s[-1] == pytest.approx(5.0 + total_s)


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
