import math

import pytest

from planner.breakdown import Breakdown, HopTerm, Origin, StageTerm
from planner.errors import PlannerError
from planner.timeline import Track, lay_out
from tests.planner.export.documents import phone_and_server, run_of

PHONE, SERVER = Track("phone"), Track("server")
UP, DOWN = Track("phone", "server"), Track("server", "phone")


def table(breakdown):
    return [(span.track, span.index, span.start_s, span.stop_s) for span in lay_out(breakdown)]


def test_predicted_terms_follow_each_other_from_the_source_to_the_sink():
    """The phone computes 2 s, 20 bytes take 1 + 2 s, the server 3 · 0.5 s, 10 bytes 1 + 1 s."""
    assert table(phone_and_server().estimate) == [
        (PHONE, 0, 0.0, 2.0),  # the input is there already: no time, and nothing to show
        (UP, 1, 2.0, 5.0),
        (SERVER, 1, 5.0, 6.5),
        (DOWN, 2, 6.5, 8.5),
    ]


def test_a_measured_hop_within_a_node_is_on_the_nodes_own_track():
    measured = run_of(phone_and_server()).measurement
    assert table(measured) == [
        (PHONE, 0, 0.0, 0.25),
        (PHONE, 0, 0.25, 2.75),
        (UP, 1, 2.75, 6.25),
        (SERVER, 1, 6.25, 7.25),
        (DOWN, 2, 7.25, 9.75),
    ]


def two_nodes(transfer_s):
    """One stage on `a`, whose answer goes to `b`."""
    return Breakdown(
        origin=Origin.PREDICTED,
        stages=[StageTerm(node="a", start=0, stop=1, compute_s=0, peak_bytes=0, cap_bytes=0)],
        hops=[
            HopTerm(source="a", target="a", n_bytes=3, transfer_s=0.0),
            HopTerm(source="a", target="b", n_bytes=0, transfer_s=transfer_s),
        ],
        latency_s=transfer_s,
    )


def test_a_stage_and_a_wire_are_shown_even_if_they_take_no_time():
    spans = lay_out(two_nodes(0.0))
    assert [(span.track.name, span.stop_s) for span in spans] == [("a", 0.0), ("a → b", 0.0)]


def test_a_request_that_never_ends_is_refused_by_its_hop():
    with pytest.raises(PlannerError, match="no link leads over the hop a → b"):
        lay_out(two_nodes(math.inf))


def test_a_node_named_like_a_link_has_a_track_of_its_own():
    assert Track("a → b").name == Track("a", "b").name
    assert Track("a → b") != Track("a", "b")
