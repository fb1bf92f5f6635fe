"""Measured links in a cluster file: what is written reads back, and nothing else changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmodel.cluster import Link
from netmodel.cluster_edit import with_measured_links, write_link
from netmodel.cluster_file import parse_cluster
from netmodel.errors import ClusterError
from netmodel.links.affine import AffineLink
from netmodel.links.piecewise import Knot, PiecewiseLink
from netmodel.links.spread import TransferSpread

FILE = """# our two machines
schema: partway.cluster/1
source: a
sink: a
nodes:
  - {name: a, memory: 1GiB, speed: 1}   # the small one
  - {name: b, memory: 1GiB, speed: 2}
links:
  - {between: [a, b], bandwidth: 10Mbit/s, latency: 1ms}   # guessed
  # both ways differ:
  - from: b
    to: a
    bandwidth: 5Mbit/s     # slow
    latency: 2ms
    medium: radio
    price_per_byte: 2.0
# the end
"""
FAST = AffineLink(bandwidth_bytes_per_s=1.25e8, latency_s=0.0003, initial_window_bytes=14336)
seconds = st.floats(0, 1e4, allow_subnormal=False)
ratios = st.lists(st.floats(0.01, 100), min_size=2, max_size=4)


@st.composite
def links(draw):
    window = draw(st.none() | st.integers(1, 10**9))
    if draw(st.booleans()):
        model = AffineLink(
            bandwidth_bytes_per_s=draw(st.floats(0.125, 1e17)),
            latency_s=draw(seconds),
            overhead_s=draw(seconds),
            initial_window_bytes=window,
        )
    else:
        sizes = sorted(draw(st.sets(st.integers(1, 2**40), min_size=1, max_size=3)))
        times = sorted(draw(st.sets(seconds, min_size=len(sizes) + 1, max_size=len(sizes) + 1)))
        knots = tuple(Knot(n_bytes=n, seconds=s) for n, s in zip((0, *sizes), times, strict=True))
        model = PiecewiseLink(latency_s=times[0], knots=knots, initial_window_bytes=window)
    sample = draw(st.none() | ratios)
    spread = None if sample is None else TransferSpread(ratios=sample)
    if sample is not None and draw(st.booleans()):
        levels = (0.1, 0.5, 0.9, 0.99)[: len(sample)]
        spread = TransferSpread(ratios=sorted(sample), levels=levels)
    return Link(
        source="a",
        target="b",
        model=model,
        spread=spread,
        medium=draw(st.none() | st.sampled_from(["wifi", "no", "a: b", "#1", "ünï"])),
        price_per_byte=draw(st.sampled_from([0.0, 9.0e-11, 2.0])),
    )


@settings(max_examples=60, deadline=None)
@given(links())
def test_a_link_that_is_written_reads_back_as_the_same(link):
    text = FILE[: FILE.index("links:")] + "links:\n  - " + write_link(link)
    text = text.replace("sink: a", "sink: b")
    assert parse_cluster(text).links == (link,)


def test_a_link_is_written_as_a_person_would():
    link = Link(source="a", target="b", model=FAST, medium="wifi")
    assert write_link(link) == (
        "{from: a, to: b, bandwidth: 1Gbit/s, latency: 300us, cold_start: 14KiB, medium: wifi}"
    )


def test_an_entry_of_one_direction_is_replaced_and_keeps_its_medium_and_price():
    text = with_measured_links(FILE, [Link(source="b", target="a", model=FAST)])
    before, after = parse_cluster(FILE), parse_cluster(text)
    assert after == before.with_measured([Link(source="b", target="a", model=FAST)])
    assert after.links[1].medium == "radio"
    assert after.links[1].price_per_byte == 2.0
    for comment in (
        "# our two machines",
        "# the small one",
        "# guessed",
        "# both ways",
        "# the end",
    ):
        assert text.count(comment) == 1
    assert "bandwidth: 5Mbit/s" not in text


def test_a_direction_without_an_entry_of_its_own_is_added_once():
    measured = [Link(source=a, target=b, model=FAST) for a, b in (("a", "b"), ("b", "a"))]
    text = with_measured_links(FILE, measured)
    assert all(link.model == FAST for link in parse_cluster(text).links)
    assert with_measured_links(text, measured) == text
    assert text.splitlines()[-2].startswith("  - {from: a, to: b")
    assert text.splitlines()[-1] == "# the end"


EMPTY = ["", "links:", "links: []", "links:   # none yet", "links: null", "links: ~  # none yet"]


@pytest.mark.parametrize("empty", EMPTY)
def test_a_file_without_links_gets_them(empty):
    text = FILE[: FILE.index("links:")] + f"{empty}\n# the end\n"
    measured = [Link(source=a, target=b, model=FAST) for a, b in (("a", "b"), ("b", "a"))]
    after = with_measured_links(text, measured)
    assert parse_cluster(after).links == tuple(measured)
    assert after.count("# none yet") == text.count("# none yet")


def test_a_list_that_is_not_written_as_usual_is_refused():
    text = FILE[: FILE.index("links:")] + "? links\n: null\n"
    measured = [Link(source=a, target=b, model=FAST) for a, b in (("a", "b"), ("b", "a"))]
    with pytest.raises(ClusterError, match="not valid YAML"):
        with_measured_links(text, measured)


def test_links_in_brackets_stay_in_brackets():
    text = FILE[: FILE.index("links:")] + "links: [{from: a, to: b, bandwidth: 1MB/s, latency: 1s}]"
    measured = [Link(source=a, target=b, model=FAST) for a, b in (("a", "b"), ("b", "a"))]
    assert parse_cluster(with_measured_links(text, measured)).links == tuple(measured)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FILE.replace("name: b", "name: c").replace("a, b]", "a, c]"), "no node"),
        ("{schema: partway.cluster/1, source: a, sink: a, nodes: "
         "[{name: a, memory: 1MB, speed: 1}, {name: b, memory: 1MB, speed: 1}]}", "in braces"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_take_the_link_is_refused(text, message):
    with pytest.raises(ClusterError, match=message):
        with_measured_links(text, [Link(source="a", target="b", model=FAST)])
