"""When packets arrive, by hand and as properties; the time is a number here."""

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.testbed.media import Exchange
from experiments.testbed.wires import Wire
from tests.testbed.frames_by_hand import packet

SLOW = Wire(source=0, target=1, bytes_per_s=1000.0, delay_s=0.5)


def arrivals(exchange):
    """Every (time, receiver, mark), stepping from one event to the next as the relay does."""
    found = []
    while (now_s := exchange.next_s()) < inf:
        found += [(now_s, target, frame[0]) for target, frame in exchange.due(now_s)]
    return found


def test_a_packet_takes_its_bytes_over_the_rate_and_the_delay():
    exchange = Exchange([SLOW])
    assert exchange.offer(0, packet(1, 100), 10.0)
    assert arrivals(exchange) == [(pytest.approx(10.6), 1, 0)]


def test_packets_follow_each_other_and_share_the_delay():
    exchange = Exchange([SLOW])
    for mark in range(3):
        exchange.offer(0, packet(1, 100, mark=mark), 10.0)
    assert arrivals(exchange) == [
        (pytest.approx(10.6), 1, 0),
        (pytest.approx(10.7), 1, 1),
        (pytest.approx(10.8), 1, 2),
    ]


def test_a_late_look_does_not_slow_the_wire():
    """The relay comes back only when all has long left: times are those of a wire all the same."""
    exchange = Exchange([SLOW])
    for mark in range(4):
        exchange.offer(0, packet(1, 100, mark=mark), 10.0)
    assert [frame[0] for _, frame in exchange.due(10.95)] == [0, 1, 2, 3]


def test_an_idle_wire_saves_nothing_up():
    exchange = Exchange([SLOW])
    exchange.offer(0, packet(1, 100), 10.0)
    arrivals(exchange)
    exchange.offer(0, packet(1, 100), 20.0)
    assert arrivals(exchange)[0][0] == pytest.approx(20.6)


def test_directions_have_their_own_rates():
    exchange = Exchange([SLOW, Wire(source=1, target=0, bytes_per_s=10_000.0, delay_s=0.1)])
    exchange.offer(0, packet(1, 1000), 0.0)
    exchange.offer(1, packet(0, 1000), 0.0)
    assert arrivals(exchange) == [(pytest.approx(0.2), 0, 0), (pytest.approx(1.5), 1, 0)]


def test_acknowledgements_wait_only_for_what_was_sent_before_them():
    exchange = Exchange([SLOW, Wire(source=1, target=0, bytes_per_s=1000.0, delay_s=0.5)])
    exchange.offer(0, packet(1, 1000, mark=1), 0.0)
    exchange.offer(0, packet(1, 0, mark=2), 0.0)
    exchange.offer(1, packet(0, 0, mark=3), 0.0)
    assert arrivals(exchange) == [(0.5, 0, 3), (1.5, 1, 1), (1.5, 1, 2)]


def medium(*ends, rate=1000.0):
    return [Wire(source=a, target=b, bytes_per_s=rate, delay_s=0.0, medium="wifi") for a, b in ends]


def test_wires_of_one_medium_take_turns():
    exchange = Exchange(medium((0, 1), (2, 3)))
    for _ in range(3):
        exchange.offer(0, packet(1, 100), 0.0)
    for _ in range(3):
        exchange.offer(2, packet(3, 100), 0.0)
    found = arrivals(exchange)
    assert [time_s for time_s, _, _ in found] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert [target for _, target, _ in found] == [1, 3, 1, 3, 1, 3]


def test_a_medium_is_shared_by_time_not_by_packets():
    """One wire sends packets that are ten times as long: the other gets ten for each of them."""
    exchange = Exchange(medium((0, 1), (2, 3)))
    for _ in range(5):
        exchange.offer(0, packet(1, 1000), 0.0)
    for _ in range(50):
        exchange.offer(2, packet(3, 100), 0.0)
    found = [(time_s, target) for time_s, target, _ in arrivals(exchange)]
    last = {target: max(t for t, to in found if to == target) for target in (1, 3)}
    assert max(last.values()) == pytest.approx(10.0)
    assert min(last.values()) >= 8.9


def test_who_comes_late_has_no_claim_on_the_past():
    """A wire that sent alone for long owes the newcomer nothing: they take turns from now on."""
    exchange = Exchange(medium((0, 1), (2, 3)))
    for _ in range(20):
        exchange.offer(0, packet(1, 100), 0.0)
    found = []
    while exchange.next_s() < 1.0:
        found += exchange.due(exchange.next_s())
    for _ in range(5):
        exchange.offer(2, packet(3, 100), 1.0)
    order = [target for _, target, _ in arrivals(exchange)][:10]
    assert 4 <= order.count(3) <= 6


def test_wires_without_a_medium_do_not_share():
    exchange = Exchange([SLOW, Wire(source=2, target=3, bytes_per_s=1000.0, delay_s=0.5)])
    exchange.offer(0, packet(1, 1000), 0.0)
    exchange.offer(2, packet(3, 1000), 0.0)
    assert [time_s for time_s, _, _ in arrivals(exchange)] == [1.5, 1.5]


def test_without_a_wire_nothing_is_taken():
    exchange = Exchange([SLOW])
    assert not exchange.offer(1, packet(0, 10), 0.0)
    assert not exchange.offer(0, packet(None, 10), 0.0)
    assert exchange.next_s() == inf


def test_where_only_answers_go_no_connection_is_opened():
    exchange = Exchange([Wire(1, 0, bytes_per_s=1.0, delay_s=0.0, answers_only=True)])
    assert not exchange.offer(1, packet(0, 0, opens=True), 0.0)
    assert exchange.offer(1, packet(0, 0), 0.0)


def test_new_wires_take_over_what_waits():
    exchange = Exchange([SLOW])
    for mark in range(3):
        exchange.offer(0, packet(1, 1000, mark=mark), 0.0)
    exchange.set_wires([Wire(source=0, target=1, bytes_per_s=10_000.0, delay_s=0.0)])
    # The first is on its way at the old rate; the others follow it at the new one.
    assert arrivals(exchange) == [
        (pytest.approx(1.5), 1, 0),
        (pytest.approx(1.5), 1, 1),
        (pytest.approx(1.5), 1, 2),
    ]


def test_a_wire_that_is_gone_takes_what_waited_with_it():
    exchange = Exchange([SLOW])
    for mark in range(3):
        exchange.offer(0, packet(1, 1000, mark=mark), 0.0)
    exchange.set_wires([])
    assert [mark for _, _, mark in arrivals(exchange)] == [0]
    assert not exchange.offer(0, packet(1, 1), 2.0)


offers = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5000), st.floats(0, 0.5)), min_size=1, max_size=40
)


@settings(deadline=None)
@given(offers, st.booleans())
def test_no_packet_is_early_lost_or_out_of_order_and_no_medium_idles(sends, shared):
    """Each wire keeps its order; the medium is busy for exactly the sum of what it carries."""
    ends = [(0, 1), (2, 3), (4, 5)]
    wires = [
        Wire(source=a, target=b, bytes_per_s=1e4, delay_s=0.2, medium="m" if shared else None)
        for a, b in ends
    ]
    exchange = Exchange(wires)
    now_s, sent, found = 0.0, [], []
    for mark, (which, n_bytes, wait_s) in enumerate(sends):
        now_s += wait_s
        while exchange.next_s() < now_s:
            at_s = exchange.next_s()
            found += [(at_s, frame[0]) for _, frame in exchange.due(at_s)]
        source, target = ends[which]
        exchange.offer(source, packet(target, n_bytes, mark=mark), now_s)
        sent.append((now_s, which, n_bytes))
    found += [(at_s, mark) for at_s, _, mark in arrivals(exchange)]
    assert sorted(mark for _, mark in found) == list(range(len(sends)))
    at_s = {mark: time_s for time_s, mark in found}
    assert all(at_s[m] >= s + n / 1e4 + 0.2 - 1e-9 for m, (s, _, n) in enumerate(sent))
    for wire in range(3):
        order = [mark for _, mark in found if sent[mark][1] == wire]
        assert order == sorted(order)
    if shared:
        free_s = 0.0
        for start_s, _, n_bytes in sent:
            if n_bytes:
                free_s = max(free_s, start_s) + n_bytes / 1e4
        with_payload = [at_s[m] for m, (_, _, n) in enumerate(sent) if n]
        assert not with_payload or max(with_payload) == pytest.approx(free_s + 0.2)
