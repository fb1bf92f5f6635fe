import pytest

from experiments.testbed import TestbedError, check_covers, notes_on
from experiments.testbed.cluster_wires import wires_of
from experiments.testbed.wires import Wire
from tests.testbed.clusters import cluster_of

LINK = "{between: [a, b], bandwidth: 80Mbit/s, latency: 5ms}"


def test_every_direction_of_a_link_is_a_wire():
    wires = wires_of(cluster_of("{between: [a, b], bandwidth: 80Mbit/s, latency: 5ms}"))
    assert wires == [
        Wire(source=0, target=1, bytes_per_s=1e7, delay_s=0.005),
        Wire(source=1, target=0, bytes_per_s=1e7, delay_s=0.005),
    ]


def test_a_link_without_a_way_back_gets_one_for_answers():
    wires = wires_of(
        cluster_of(
            "{from: a, to: b, bandwidth: 80Mbit/s, latency: 5ms}",
            "{between: [b, c], bandwidth: 8Mbit/s, latency: 1ms}",
            sink="b",
        )
    )
    assert {wire.ends for wire in wires if not wire.answers_only} == {(0, 1), (1, 2), (2, 1)}
    (back,) = [wire for wire in wires if wire.answers_only]
    assert (back.ends, back.bytes_per_s, back.delay_s) == ((1, 0), 1e7, 0.005)


def test_a_link_in_pieces_gets_the_rate_of_its_longest_messages_and_a_note():
    pieces = cluster_of(
        "{between: [a, b], latency: 5ms, knots: {0B: 6ms, 10kB: 8ms, 1010kB: 108ms}}"
    )
    there, _ = wires_of(pieces)
    assert (there.bytes_per_s, there.delay_s) == (pytest.approx(1e7), 0.005)
    note, _ = notes_on(pieces, pieces, [("a", "b"), ("b", "a")])
    assert "a -> b" in note
    assert "80Mbit/s" in note


@pytest.mark.parametrize(
    ("built", "named"),
    [
        (cluster_of("{between: [a, b], bandwidth: 8Mbit/s, latency: 5ms}"), "the link a -> b"),
        (cluster_of("{between: [a, b], bandwidth: 80Mbit/s, latency: 5ms, medium: x}"), "the link"),
        (cluster_of(LINK, speed=2), "the node a"),
        (cluster_of(LINK, memory="1GB"), "node a"),
        (cluster_of("{between: [a, b], bandwidth: 80Mbit/s, latency: 5ms, price_per_byte: 2}"), ""),
    ],
)
def test_what_the_plan_was_made_for_and_what_is_built_are_compared(built, named):
    notes = list(notes_on(built, cluster_of(LINK), [("a", "b"), ("b", "b"), ("b", "a")]))
    assert len(notes) == bool(named)
    assert named in "".join(notes)


def test_a_cluster_that_has_all_nodes_and_links_of_a_plan_covers_it():
    check_covers(cluster_of(LINK), [("a", "a"), ("a", "b"), ("b", "a")])


def test_everything_that_is_missing_is_named_once():
    hops = [("a", "c"), ("c", "a"), ("a", "c"), ("a", "phone"), ("phone", "a")]
    with pytest.raises(TestbedError) as caught:
        check_covers(cluster_of(LINK), hops)
    assert "lacks the node phone, a link from a to c, a link from c to a, which" in str(
        caught.value
    )
