from pathlib import Path

import pytest

from netmodel.cluster import Cluster
from netmodel.cluster_file import parse_cluster
from netmodel.errors import ClusterError
from netmodel.links.spread import TransferSpread

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    path
    for folder, pattern in (("planner/cli", "*.yaml"), ("experiments", "**/*.yaml"))
    for path in (ROOT / folder).glob(pattern)
    if "partway.cluster/" in path.read_text(encoding="utf-8")
)

PHONE_AND_SERVER = """
schema: partway.cluster/1
source: phone
sink: phone
nodes:
  - {name: phone, memory: 400MiB, speed: 0.25}
  - {name: server, memory: 8GiB, profile: server.profile.json}
links:
  - {between: [phone, server], bandwidth: 20Mbit/s, latency: 15ms}
  - {from: server, to: phone, bandwidth: 100Mbit/s, latency: 15ms, overhead: 0.3ms}
"""
"""A phone with a slow uplink and a faster downlink; the server was profiled itself."""


def changed(old: str, new: str) -> str:
    assert PHONE_AND_SERVER.count(old) == 1
    return PHONE_AND_SERVER.replace(old, new)


def test_nodes_keep_their_order_and_take_si_units():
    cluster = parse_cluster(PHONE_AND_SERVER)
    phone, server = cluster.nodes
    assert (cluster.source, cluster.sink) == ("phone", "phone")
    assert (phone.name, phone.memory_bytes, phone.speed) == ("phone", 400 * 2**20, 0.25)
    assert phone.profile is None
    assert (server.name, server.memory_bytes, server.speed) == ("server", 8 * 2**30, None)
    assert server.profile == "server.profile.json"


def test_a_link_between_two_holds_both_ways_and_a_directed_one_overrides_its_direction():
    models = parse_cluster(PHONE_AND_SERVER).link_models
    assert set(models) == {("phone", "server"), ("server", "phone")}
    up, down = models["phone", "server"], models["server", "phone"]
    assert (up.bandwidth_bytes_per_s, up.latency_s, up.overhead_s) == (2.5e6, 0.015, 0.0)
    assert down.bandwidth_bytes_per_s == 1.25e7
    assert down.latency_s == 0.015
    assert down.overhead_s == pytest.approx(0.0003)


def test_a_link_may_vary_by_samples_or_by_quantiles_in_any_order():
    text = changed("20Mbit/s, latency: 15ms", "20Mbit/s, latency: 15ms, samples: [1.0, 1.3, 0.9]")
    text = text.replace("overhead: 0.3ms", "quantiles: {p95: 1.4, p50: 1}")
    links = {(link.source, link.target): link for link in parse_cluster(text).links}
    assert links["phone", "server"].spread == TransferSpread(ratios=(1.0, 1.3, 0.9))
    assert links["server", "phone"].spread == TransferSpread(levels=(0.5, 0.95), ratios=(1, 1.4))
    assert all(link.spread is None for link in parse_cluster(PHONE_AND_SERVER).links)
    assert Cluster.model_validate_json(parse_cluster(text).model_dump_json()) == parse_cluster(text)


def test_a_link_between_two_varies_both_ways():
    text = changed("20Mbit/s, latency: 15ms", "20Mbit/s, latency: 15ms, samples: [1.0, 1.3]")
    both = text[: text.rindex("  - {from: server")]
    assert [link.spread for link in parse_cluster(both).links] == [
        TransferSpread(ratios=(1.0, 1.3))
    ] * 2


def test_an_override_may_stand_before_what_it_overrides():
    lines = PHONE_AND_SERVER.splitlines()
    swapped = "\n".join((*lines[:-2], lines[-1], lines[-2]))
    assert parse_cluster(swapped).link_models == parse_cluster(PHONE_AND_SERVER).link_models


def test_a_cluster_of_one_node_needs_no_links():
    cluster = parse_cluster(
        "{schema: partway.cluster/1, source: a, sink: a, nodes: [{name: a, memory: 1MB, speed: 1}]}"
    )
    assert cluster.links == ()


def test_one_direction_is_enough_if_the_sink_is_not_the_source():
    text = changed("sink: phone", "sink: server").replace(
        "between: [phone, server]", "from: phone, to: server"
    )
    one_way = text[: text.rindex("  - {from: server")]
    assert set(parse_cluster(one_way).link_models) == {("phone", "server")}


def test_a_cluster_is_read_back_as_it_was_written():
    cluster = parse_cluster(PHONE_AND_SERVER)
    assert Cluster.model_validate_json(cluster.model_dump_json()) == cluster


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nodes:", "nodes: [", "not valid YAML: .*line"),
        ("partway.cluster/1", "partway.cluster/2", "schema: is 'partway.cluster/2', expected"),
        ("schema: partway.cluster/1", "", "schema: is missing; .*starts with `schema:"),
        ("sink: phone", "sink: phone\nsmell: none", "smell: Extra inputs are not permitted"),
        ("speed: 0.25", "speed: 0.25, cores: 8", r"nodes\.0\.cores: Extra inputs"),
        (", overhead: 0.3ms", ", jitter: 1ms", r"links\.1\.jitter: Extra inputs"),
        ("overhead: 0.3ms", "medium: ''", r"links\.1\.medium: String should have at least 1"),
        ("overhead: 0.3ms", "cold_start: 14", r"links\.1\.cold_start: size 14 has no number or no"),
        ("overhead: 0.3ms", "cold_start: 0KiB", r"links\.1\.cold_start: .*greater than 0"),
        ("overhead: 0.3ms", "knots: {0B: 15ms, 1MB: 1s}", r"links\.1: .*either `bandwidth` or"),
        ("bandwidth: 20Mbit/s", "knots: {0B: 15ms}", r"links\.0\.knots: .*at least 2"),
        ("bandwidth: 20Mbit/s", "knots: {0B: 15, 1MB: 1s}", r"links\.0\.knots\.0B: .*no unit"),
        ("bandwidth: 20Mbit/s", "knots: {0: 15ms, 1MB: 1s}", r"links\.0\.knots"),
        ("bandwidth: 20Mbit/s", "knots: {0X: 15ms, 1MB: 1s}", r"links\.0: size '0X' has the unkn"),
        ("bandwidth: 20Mbit/s", "knots: {0B: 1ms, 1MB: 1s}", r"links\.0: .*less than the latency"),
        ("bandwidth: 20Mbit/s", "knots: {1B: 1s, 1MB: 2s}", r"links\.0: .*must be of 0"),
        ("bandwidth: 20Mbit/s", "knots: {0B: 1s, 1MB: 1s}", r"links\.0: .*must take longer"),
        (
            "bandwidth: 20Mbit/s",
            "knots: {0B: 1s, 1MB: 2s}, overhead: 1ms",
            r"links\.0: .*leave it out",
        ),
        ("20Mbit/s", "-20Mbit/s", r"links\.0\.bandwidth: .*negative"),
        ("20Mbit/s", "20", r"links\.0\.bandwidth: .*no unit: write it like 20Mbit/s"),
        ("20Mbit/s", "0Mbit/s", r"links\.0\.bandwidth: .*below 1 bit/s: leave the link out"),
        ("8GiB", "8", r"nodes\.1\.memory: .*no unit"),
        ("8GiB", "0GiB", r"nodes\.1\.memory: Input should be greater than 0"),
        ("{name: server", "{name: ''", r"nodes\.1\.name: String should have at least 1"),
        ("bandwidth: 20Mbit/s, ", "", r"links\.0: a link needs either `bandwidth` or `knots`"),
        ("overhead: 0.3ms", "overhead: 1", r"links\.1\.overhead: duration 1 has no number or no"),
        ("speed: 0.25", "speed: 0", r"nodes\.0\.speed: .*greater than"),
        ("speed: 0.25", "speed: true", r"nodes\.0\.speed: true is no number"),
        ("sink: phone", "sink: phone\nsink: server", "'sink' stands twice"),
        ("sink: phone", "sink: !!map phone", "not valid YAML"),
        ("sink: phone", "sink: 2020-99-99", "not valid YAML"),
        (", speed: 0.25", "", "node 'phone' needs either `speed` .* or `profile`"),
        ("speed: 0.25", "speed: 1, profile: a.json", "node 'phone' needs either `speed`"),
        ("source: phone", "source: tablet", "source 'tablet' is no node: .*phone, server"),
        ("sink: phone", "sink: tablet", "sink 'tablet' is no node: .*phone, server"),
        ("from: server", "from: tablet", "tablet -> phone names 'tablet', which is no node"),
        ("from: server", "from: phone", "phone -> phone leads nowhere: remove it"),
        ("name: server", "name: phone", "node 'phone' is described twice: names must differ"),
        ("from: server, ", "", r"links\.1: a link needs either `between"),
        ("from: server", "between: [server, phone]", r"links\.1: a link needs either"),
        ("from: server, to: phone", "between: [server, phone]", "described twice for one dir"),
        ("[phone, server]", "[phone]", r"links\.0\.between"),
        ("overhead: 0.3ms", "samples: [1.0]", r"links\.1\.samples: Tuple should have at least 2"),
        ("overhead: 0.3ms", "samples: 1.5", r"links\.1\.samples: "),
        ("overhead: 0.3ms", "samples: [1.0, 0]", r"links\.1\.samples\.1: .*greater than 0"),
        ("overhead: 0.3ms", "samples: [1.0, .nan]", r"links\.1\.samples\.1: .*finite"),
        ("overhead: 0.3ms", "samples: [1.0, .inf]", r"links\.1\.samples\.1: "),
        ("overhead: 0.3ms", "samples: [true, 1]", r"links\.1\.samples\.0: true is no number"),
        ("overhead: 0.3ms", "quantiles: {p95: 1.4}", r"links\.1\.quantiles: .*at least 2"),
        ("overhead: 0.3ms", "quantiles: {p50: 2, p95: 1}", r"links\.1: quantile p95 is 1, below"),
        ("overhead: 0.3ms", "quantiles: {p50: 1, max: 2}", r"links\.1: quantile 'max' has no name"),
        ("overhead: 0.3ms", "quantiles: {p50: 1, p100: 2}", r"'p100' is not between p0 and p100"),
        ("overhead: 0.3ms", "quantiles: {p50: 1, p50.0: 2}", r"links\.1: levels .* each once"),
        ("overhead: 0.3ms", "quantiles: {p50: 1, p95: -1}", r"links\.1\.quantiles\.p95: "),
        (
            "overhead: 0.3ms",
            "samples: [1, 2], quantiles: {p50: 1, p95: 2}",
            r"links\.1: a link has either `samples` or `quantiles`",
        ),
    ],
)
def test_a_cluster_that_is_malformed_or_contradicts_itself_is_refused_by_place(old, new, message):
    with pytest.raises(ClusterError, match=message):
        parse_cluster(changed(old, new))


def test_a_sink_out_of_reach_is_refused():
    text = changed("between: [phone, server]", "from: server, to: phone")
    text = text.replace("sink: phone", "sink: server")
    text = text[: text.rindex("  - {from")]
    with pytest.raises(
        ClusterError, match=r"sink 'server' cannot be reached from source 'phone' .*add a link"
    ):
        parse_cluster(text)


@pytest.mark.parametrize("text", ["", "[]", "just words", "3"])
def test_a_file_that_is_no_mapping_is_told_how_to_start(text):
    with pytest.raises(ClusterError, match=r"starts with `schema: partway.cluster/1`"):
        parse_cluster(text)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("partway.cluster/0", "another version of partway"),
        ("partway.profile/2", "another kind"),
        ("3", "another kind"),
    ],
)
def test_a_file_of_another_schema_is_told_what_it_is_and_what_is_expected(said, words):
    text = PHONE_AND_SERVER.replace("partway.cluster/1", said)
    with pytest.raises(ClusterError) as refused:
        parse_cluster(text)
    message = str(refused.value)
    assert message.startswith(f"schema: is {said!r}, expected 'partway.cluster/1': a file of ")
    assert words in message
    assert "starts with `schema: partway.cluster/1`" in message


def test_yaml_that_builds_objects_is_refused():
    with pytest.raises(ClusterError, match="not valid YAML"):
        parse_cluster("!!python/object/apply:os.getcwd []")


def test_there_is_a_shipped_cluster_file():
    assert ROOT / "planner/cli/demo_cluster.yaml" in SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_cluster_file_loads(path):
    assert parse_cluster(path.read_text(encoding="utf-8")).nodes
