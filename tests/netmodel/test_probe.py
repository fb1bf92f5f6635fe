"""Probes in virtual time: what is sent, when it ends, and what is found."""

import pytest

from netmodel.errors import SlowLinkError
from netmodel.links.affine import AffineLink
from netmodel.probe import probe
from netmodel.probe_plan import LONGEST_MESSAGE_S, MOST_BYTES, Pace, least_time_s, plan_probe
from netmodel.probe_records import Probe
from tests.netmodel.virtual_wire import VirtualWire


def wire(mbit, latency_s, **options):
    """A wire whose way back is twice as fast."""
    there = AffineLink(
        bandwidth_bytes_per_s=mbit * 1.25e5,
        latency_s=latency_s,
        overhead_s=1e-4,
        initial_window_bytes=14480,
    )
    return VirtualWire(there, there.faster(2.0), **options)


@pytest.mark.parametrize("mbit", [1, 10, 1000])
@pytest.mark.parametrize("latency_s", [0.0003, 0.02])
def test_both_ways_are_found_before_the_deadline(mbit, latency_s):
    measured = wire(mbit, latency_s, noise=0.01, late=0.03)
    found = probe(measured, "a", "b")
    assert measured.now_s <= 60
    there, back = found.links
    assert (there.source, there.target, back.source, back.target) == ("a", "b", "b", "a")
    for link, factor in ((there, 1), (back, 2)):
        model = link.fit.model
        assert model.bandwidth_bytes_per_s == pytest.approx(mbit * 1.25e5 * factor, rel=0.03)
        assert model.latency_s + model.overhead_s == pytest.approx(latency_s + 1e-4, rel=0.03)
        assert link.fit.rms_residual < 0.02
        assert link.fit.n_cold > 0
    assert Probe.model_validate_json(found.model_dump_json(by_alias=True)) == found


def test_the_initial_window_is_found_where_it_matters():
    found = probe(wire(100, 0.02, noise=0.01), "a", "b")
    for link in found.links:
        assert not link.fit.cold_is_bound
        assert link.fit.model.initial_window_bytes == pytest.approx(14480, rel=0.1)
        assert link.fit.cold_rms_residual < 0.03


def test_a_slow_wire_gets_smaller_messages():
    fast, slow = wire(1000, 0.001), wire(1, 0.001)
    assert probe(fast, "a", "b").rounds == 16
    assert max(fast.warm)[0] == MOST_BYTES
    assert probe(slow, "a", "b").rounds >= 3
    assert max(n for n, _ in slow.warm) < MOST_BYTES / 4


def test_short_messages_are_sent_more_often():
    found = probe(wire(1000, 0.0003), "a", "b")
    there = [s.n_bytes for s in found.links[0].fit.samples if not s.is_cold]
    # A round trip of 0.85 ms, and 0.03 s for the largest message.
    assert there.count(64) == 6 * found.rounds
    assert there.count(MOST_BYTES) == found.rounds


def test_a_round_sends_every_size_once_after_one_that_opens_the_window():
    measured = wire(1000, 0.02)
    found = probe(measured, "a", "b")
    there = [s.n_bytes for s in found.links[0].fit.samples if not s.is_cold]
    assert len(there) == found.rounds * len(set(there))
    assert all(there.count(n) == found.rounds for n in set(there))
    last_round = measured.warm[-2 * (len(set(there)) + 1) :][: len(set(there)) + 1]
    assert last_round[0] == (max(there), 0)
    assert sorted(n for n, _ in last_round[1:]) == sorted(set(there))
    assert [n for n, _ in last_round[1:]] != sorted(set(there))


def test_a_wire_that_is_too_slow_is_told_with_how_far_it_came():
    with pytest.raises(SlowLinkError, match=r"\d+ messages of up to .* allow more time.*shortest"):
        probe(wire(0.01, 0.02, deadline_s=10.0), "a", "b")


def test_a_wire_that_says_nothing_is_told_as_such():
    with pytest.raises(SlowLinkError, match="no message was answered within"):
        probe(wire(10, 20.0, deadline_s=10.0), "a", "b")


def test_a_wire_that_turns_slow_ends_with_what_was_measured():
    measured = wire(10, 0.001, deadline_s=60.0)
    send = measured.round_trip_s

    def turning(there_bytes, back_bytes):
        if len(measured.warm) > 150:
            measured.now_s += 2.0
        return send(there_bytes, back_bytes)

    measured.round_trip_s = turning
    found = probe(measured, "a", "b")
    assert found.rounds >= 3
    assert measured.now_s <= 60.0


@pytest.mark.parametrize("left_s", [1, 5, 20, 60, 600])
@pytest.mark.parametrize("rate", [1e3, 1e5, 1e6, 1e8])
def test_a_plan_ends_in_time(left_s, rate):
    pace = Pace(0.01, rate, rate)
    plan = plan_probe(pace, left_s)
    if plan is None:
        assert least_time_s(pace) > left_s
        return
    assert plan.total_s(pace) <= 0.8 * left_s
    assert plan.rounds >= 3
    assert len(plan.sizes) >= 4
    assert plan.sizes[0] == 64
    assert set(plan.cold_sizes) <= set(plan.sizes)
    assert plan.largest_s(pace) <= LONGEST_MESSAGE_S or plan.largest_bytes < 8192


def test_no_message_takes_so_long_that_the_other_end_seems_gone():
    slow = wire(0.1, 0.02, deadline_s=3600.0)
    found = probe(slow, "a", "b")
    assert found.rounds >= 3
    assert 12_500 < max(n for n, _ in slow.warm + slow.fresh) < LONGEST_MESSAGE_S * 12_500


@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_an_end_that_goes_away_costs_what_was_not_measured(is_warm):
    gone = wire(1000, 0.0003)

    def refuse(there_bytes, back_bytes):
        raise ConnectionError("it is gone")

    def leave(there_bytes, back_bytes, send=gone.round_trip_s):
        return send(there_bytes, back_bytes) if len(gone.warm) < 100 else refuse(0, 0)

    if is_warm:
        gone.round_trip_s = leave
        with pytest.raises(ConnectionError, match="gone"):
            probe(gone, "a", "b")
        return
    gone.fresh_round_trip_s = refuse
    found = probe(gone, "a", "b")
    assert found.rounds == 16
    assert all(link.fit.n_cold == 0 for link in found.links)
