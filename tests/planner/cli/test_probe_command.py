"""`partway probe` as a user meets it: two commands, their files, one clear error each."""

import json
import signal
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from netmodel.cluster_file import parse_cluster
from planner.runtime.connection import listen
from planner.runtime.errors import ConnectionLost
from tests.planner.cli.conftest import ROOT, TWO_NODES, assert_one_error

ENDS = ("--from", "near", "--to", "far")


@contextmanager
def serving(*words):
    """`partway probe serve` in a process of its own; what it says first, and the process."""
    command = [sys.executable, "-m", "planner.cli.main", "probe", "serve", "--port", "0", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline(), process
        finally:
            process.kill()


def place_in(said):
    return said.removeprefix("answering probes at ").partition(",")[0]


@pytest.fixture
def cluster(tmp_path):
    """A cluster file with a comment, as a Windows editor saves it."""
    path = tmp_path / "cluster.yaml"
    path.write_bytes(f"# ours{TWO_NODES}".replace("\n", "\r\n").encode())
    return path


def test_a_link_is_measured_shown_kept_and_written_into_the_cluster_file(
    partway, cluster, tmp_path
):
    with serving("--host", "127.0.0.1") as (said, server):
        status, out, err = partway(
            "probe", place_in(said), *ENDS, "--deadline", "5s", "-c", cluster,
            "-o", tmp_path / "probe.json",
        )  # fmt: skip
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) != 0
        assert "Traceback" not in server.stderr.read()
    assert status == 0
    assert "near" in out
    assert "wrote the link into" in err
    found = json.loads((tmp_path / "probe.json").read_text())
    assert found["rounds"] >= 3
    text = cluster.read_bytes().decode()
    assert text.startswith("# ours\r\nschema")
    assert {(link.source, link.target) for link in parse_cluster(text).links} == {
        ("near", "far"),
        ("far", "near"),
    }
    assert all(link.spread is not None for link in parse_cluster(text).links)


def test_a_server_at_ipv6_can_be_probed_by_its_address_in_brackets(partway):
    try:
        listen("::1").close()
    except ConnectionLost as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")
    with serving("--host", "::1") as (said, _):
        assert place_in(said).startswith("[::1]:")
        status, out, _ = partway("probe", place_in(said), "--deadline", "4s", "--json")
    assert status == 0
    assert json.loads(out)["host"].startswith("[::1]:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("here.example:0",), "is no HOST:PORT"),
        (("here.example:http",), "is no HOST:PORT"),
        (("127.0.0.1", "--port", "1"), "write HOST:PORT"),
        (("127.0.0.1", "--host", "::"), "--host is for `partway probe serve`"),
        (("127.0.0.1", "--deadline", "60"), "60"),
        (("127.0.0.1", "--deadline", "0s"), "cannot have 0 s"),
        (("127.0.0.1", "--from", "a", "--to", "a"), "both 'a'"),
        (("serve", "--from", "near"), "--from is not for `partway probe serve`"),
        (("serve", "--deadline", "5s"), "--deadline is not for"),
        (("serve", "-c", "cluster.yaml"), "--cluster is not for"),
        (("serve", "--json"), "--json is not for"),
        (("serve", "--host", "no.such.host.invalid"), "cannot listen at"),
    ],
)
def test_bad_words_are_told(partway, words, said):
    assert_one_error(partway("probe", *words), said)


def test_a_name_that_is_none_is_told(partway):
    said = ("cannot find 'server..local'", "look at the name")
    assert_one_error(partway("probe", "server..local"), *said, code=1)


def test_an_address_of_ipv6_is_a_place_with_or_without_a_port(partway):
    for place in ("[::1]", "::1", "[::1]:47113"):
        assert_one_error(
            partway("probe", place, "--deadline", "2s"), "cannot connect to [::1]", code=1
        )


def test_a_cluster_file_that_does_not_know_the_ends_is_told_before_probing(partway, cluster):
    assert_one_error(partway("probe", "127.0.0.1", "-c", cluster), "give --from and --to")
    words = ("--from", "near", "--to", "moon", "-c", cluster)
    assert_one_error(partway("probe", "127.0.0.1", *words), "no node 'moon'")


def test_nobody_there_is_told_with_the_next_step(partway):
    with closing(listen()) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    assert_one_error(partway("probe", place), "start `partway probe serve` there", code=1)
