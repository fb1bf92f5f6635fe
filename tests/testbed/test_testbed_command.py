"""What `partway run --testbed` refuses before it builds anything, on every machine."""

import pytest

from experiments.testbed import TestbedError, open_testbed
from netmodel.cluster import Cluster, Node
from planner.cli import main as cli
from tests.planner.engines.partitions import make_partition

CLUSTER = """
schema: partway.cluster/1
source: phone
sink: phone
nodes:
  - {name: phone, memory: 200MiB, speed: 0.5}
links: []
"""


@pytest.fixture
def parts(tmp_path):
    """Stages on phone and server, beside a cluster file that has no server."""
    make_partition(tmp_path)
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    return tmp_path


def refused(monkeypatch, capsys, *words):
    monkeypatch.setattr("sys.argv", ["partway", *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_what_the_cluster_lacks_is_named(parts, monkeypatch, capsys):
    said = refused(monkeypatch, capsys, "run", parts, "--testbed", parts / "cluster.yaml")
    assert "the testbed's cluster lacks the node server, which the plan uses" in said


def test_more_nodes_than_the_relay_can_wait_for_are_refused():
    nodes = tuple(Node(name=str(i), memory_bytes=1, speed=1.0) for i in range(501))
    with pytest.raises(TestbedError, match="501 nodes are more than 500"):
        open_testbed(Cluster(source="0", sink="0", nodes=nodes)).__enter__()


def test_quotas_need_a_testbed(parts, monkeypatch, capsys):
    said = refused(monkeypatch, capsys, "run", parts, "--cpu-limits")
    assert "add --testbed" in said


def test_speeds_are_not_emulated_twice(parts, monkeypatch, capsys):
    words = ("--testbed", parts / "cluster.yaml", "--cpu-limits", "--emulate-speeds")
    assert "twice" in refused(monkeypatch, capsys, "run", parts, *words)


def test_where_none_can_be_built_the_reason_and_a_way_out_are_given(parts, monkeypatch, capsys):
    text = CLUSTER.replace("links: []", "  - {name: server, memory: 1GiB, speed: 1}\nlinks:")
    link = "\n  - {between: [phone, server], bandwidth: 1Mbit/s, latency: 1ms}\n"
    (parts / "cluster.yaml").write_text(text + link)
    monkeypatch.setattr("experiments.testbed.testbed.skip_reason", lambda: "it needs root")
    said = refused(monkeypatch, capsys, "run", parts, "--testbed", parts / "cluster.yaml")
    assert "it needs root" in said
    assert "the testbed's cluster is not the plan's: the node" in " ".join(said.split())
    assert "--emulate-links" in said
