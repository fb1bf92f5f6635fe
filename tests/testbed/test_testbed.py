"""The real thing: namespaces, wires, caps. Where it cannot be built these tests are skipped."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from experiments import testbed
from experiments.testbed.cgroups.mounts import find_mounts
from planner.engines.interface import RunOptions
from planner.engines.processes import ProcessesEngine
from planner.errors import OutOfMemoryError
from planner.runtime.connection import accept, connect, listen
from planner.runtime.errors import ConnectionLost
from planner.runtime.frames import Frame
from tests.planner.engines.partitions import LATENCY_S, MIB, make_partition
from tests.testbed.clusters import cluster_of

pytestmark = pytest.mark.usefixtures("needs_testbed")

ROOT = Path(__file__).parents[2]
LINK = "{between: [a, b], bandwidth: 80Mbit/s, latency: 20ms}"
ONE_WAY = "{from: b, to: c, bandwidth: 80Mbit/s, latency: 20ms}"
RATE_BYTES_PER_S, DELAY_S = 1e7, 0.02
OPTIONS = RunOptions(requests=3, warmup_requests=1)


@pytest.fixture(scope="module")
def bed():
    """a and b reach each other, b can call c, and a and c do not know each other."""
    with testbed.open_testbed(cluster_of(LINK, ONE_WAY)) as built:
        yield built


@contextmanager
def connected(bed, source, target):
    """Both ends of a connection between two nodes."""
    deadline_s = time.monotonic() + 30
    with bed.inside(target):
        listener = listen(bed.address(target))
    with listener, bed.inside(source):
        port = listener.getsockname()[1]
        sender = connect(port, host=bed.address(target), deadline_s=deadline_s)
        with sender, accept(listener, deadline_s=deadline_s) as receiver:
            yield sender, receiver


def transfer_s(sender, receiver, n_bytes):
    """Seconds that a message of so many bytes takes."""
    frame = Frame({"x": np.zeros(n_bytes, np.uint8)})
    start_s = time.monotonic()
    sending = threading.Thread(target=sender.send, args=(frame,))
    sending.start()
    received = receiver.receive(deadline_s=start_s + 60)
    sending.join()
    assert received.frame.tensors["x"].nbytes == n_bytes
    return received.end_s - start_s


def quickest_s(sender, receiver, n_bytes, *, enough_s):
    """The first time below what is enough, or the least of many: a busy machine delays some."""
    times_s = [transfer_s(sender, receiver, n_bytes)]
    while times_s[-1] >= enough_s and len(times_s) < 50:
        times_s.append(transfer_s(sender, receiver, n_bytes))
    return min(times_s)


def own_groups():
    """Folders of groups that this process has made."""
    mounts = find_mounts()
    roots = {*mounts.v1.values(), mounts.v2} - {None}
    return [path for root in roots for path in root.glob(f"partway-{os.getpid()}-*")]


def test_a_transfer_takes_the_time_of_its_link(bed):
    with connected(bed, "a", "b") as ends:
        transfer_s(*ends, 2_000_000)
        expected_s = DELAY_S + 500_000 / RATE_BYTES_PER_S
        taken_s = quickest_s(*ends, 500_000, enough_s=3 * expected_s)
    assert expected_s <= taken_s < 3 * expected_s


def test_a_fresh_connection_takes_round_trips_more(bed):
    """500 kB are six doublings of the first window, and all but the last wait for a round trip."""
    with connected(bed, "a", "b") as ends:
        cold_s = transfer_s(*ends, 500_000)
    assert cold_s >= DELAY_S + 500_000 / RATE_BYTES_PER_S + 2 * DELAY_S


def test_nodes_without_a_link_cannot_reach_each_other(bed):
    with bed.inside("c"):
        listener = listen(bed.address("c"))
    start_s = time.monotonic()
    with (
        listener,
        bed.inside("a"),
        pytest.raises(ConnectionLost, match="No route to host"),
    ):
        connect(listener.getsockname()[1], host=bed.address("c"), deadline_s=start_s + 30)
    assert time.monotonic() - start_s < 20


def test_a_link_in_one_direction_only_is_called_in_one_direction_only(bed):
    with connected(bed, "b", "c") as ends:
        assert transfer_s(*ends, 1000) >= DELAY_S
    with pytest.raises(ConnectionLost, match="No route to host"), connected(bed, "c", "b"):
        pass


def test_links_change_while_connections_last(bed):
    before = bed.cluster
    with connected(bed, "a", "b") as ends:
        transfer_s(*ends, 1000)
        slower = "{between: [a, b], bandwidth: 8Mbit/s, latency: 150ms}"
        bed.set_links(cluster_of(slower, ONE_WAY))
        try:
            assert transfer_s(*ends, 100_000) >= 0.15 + 0.1
        finally:
            bed.set_links(before)
        assert quickest_s(*ends, 1000, enough_s=0.15) < 0.15


def test_links_of_other_nodes_are_refused(bed):
    other = cluster_of(LINK).model_copy(update={"nodes": cluster_of(LINK).nodes[:2]})
    with pytest.raises(testbed.TestbedError, match="was built for the nodes a, b, c, not for a, b"):
        bed.set_links(other)


def test_an_unknown_node_is_named(bed):
    assert "no node phone" in bed.skip_reason(["a", "phone"])
    with pytest.raises(testbed.TestbedError, match="no node phone, only a, b, c"):
        bed.address("phone")


def test_a_command_keeps_its_process_and_its_words(bed):
    words = ["spaces and 'quotes' \"and\" $HOME", "", "*", "--", "-x"]
    code = "import os, sys; print(os.getpid(), sys.argv[1:])"
    process = subprocess.Popen(
        bed.command("a", [sys.executable, "-c", code, *words]), stdout=subprocess.PIPE, text=True
    )
    printed, _ = process.communicate(timeout=60)
    assert printed.strip() == f"{process.pid} {words}"


HOG = "chunks = [b'x' * (8 * 2**20) for _ in range(16)]"
"""Writes to 128 MiB; pages of zeros would cost nothing."""


def run_hog(bed, node):
    done = subprocess.run(bed.command(node, [sys.executable, "-c", HOG]), check=False, timeout=120)
    return done.returncode


def test_a_process_that_exceeds_its_node_is_killed_and_counted(bed):
    before = bed.oom_kills("b")
    bed.set_memory("b", 64 * MIB)
    assert run_hog(bed, "b") == -signal.SIGKILL
    assert bed.oom_kills("b") == before + 1
    assert 32 * MIB < bed.peak_bytes("b") <= 64 * MIB
    assert bed.oom_kills("a") == 0


def test_the_same_process_lives_under_a_higher_cap(bed):
    before = bed.oom_kills("c")
    bed.set_memory("c", 256 * MIB)
    assert run_hog(bed, "c") == 0
    assert bed.oom_kills("c") == before
    assert bed.peak_bytes("c") > 128 * MIB


def test_nothing_is_left_behind():
    before = own_groups()
    with testbed.open_testbed(cluster_of(LINK)) as bed:
        relay = bed._relay.pid
        assert len(own_groups()) >= len(before) + 3
        sleeper = subprocess.Popen(bed.command("a", ["sleep", "100"]))
        wait_until_in_group(bed, "a", sleeper.pid)
    assert own_groups() == before
    assert not Path("/proc", str(relay)).exists()
    # Whoever still lives in a group when the testbed ends is ended with it.
    assert sleeper.wait(20) == -signal.SIGKILL


def wait_until_in_group(bed, node, pid):
    procs = bed._groups[bed._position(node)].folders[0] / "cgroup.procs"
    give_up_s = time.monotonic() + 30
    while str(pid) not in procs.read_text().split() and time.monotonic() < give_up_s:
        time.sleep(0.02)


def test_two_testbeds_exist_side_by_side(bed):
    with (
        testbed.open_testbed(cluster_of(LINK)) as other,
        connected(bed, "a", "b") as ends,
        connected(other, "a", "b") as other_ends,
    ):
        assert bed.address("b") == other.address("b")
        assert transfer_s(*ends, 10_000) >= DELAY_S
        assert transfer_s(*other_ends, 10_000) >= DELAY_S


def test_slower_nodes_get_a_quota_if_asked_for():
    options = testbed.TestbedOptions(cpu_limits=True, threads=2)
    with testbed.open_testbed(cluster_of(LINK, speed=0.25), options) as bed:
        folder = bed._groups[0].folders[-1]
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.max")
        found = [(folder / name).read_text() for name in names if (folder / name).exists()]
    assert " ".join(found).split() == ["2500", "5000"]


def test_a_node_that_is_faster_than_this_machine_has_no_quota():
    options = testbed.TestbedOptions(cpu_limits=True)
    cluster = cluster_of(LINK, speed=2)
    with (
        pytest.raises(testbed.TestbedError, match="2 times as fast as this machine"),
        testbed.open_testbed(cluster, options),
    ):
        pass


DRIVER = """
import sys, time
from experiments.testbed import open_testbed
from tests.testbed.clusters import cluster_of
with open_testbed(cluster_of(sys.argv[1])) as bed:
    print(bed._relay.pid, *bed._groups[0].folders, flush=True)
    time.sleep(100)
"""


def test_a_killed_driver_leaves_nothing_that_lasts():
    command = [sys.executable, "-c", DRIVER, LINK]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as driver:
        relay, folder, *_ = driver.stdout.readline().split()
        assert Path(folder).exists()
        driver.kill()
    give_up_s = time.monotonic() + 30
    while Path("/proc", relay).exists() and time.monotonic() < give_up_s:
        time.sleep(0.05)
    assert not Path("/proc", relay).exists()
    with testbed.open_testbed(cluster_of(LINK)):
        assert not Path(folder).exists()


@contextmanager
def bed_of(partition):
    with testbed.open_testbed(partition.document.cluster) as bed:
        yield bed


def test_a_partition_runs_on_it_and_its_hops_take_the_time_of_its_links(tmp_path):
    partition = make_partition(tmp_path)
    with bed_of(partition) as bed:
        result = ProcessesEngine().run(partition, OPTIONS, hosts=bed)
    assert result.check.max_rel_difference <= result.check.tolerance
    assert result.hosts == bed.description
    taken_s = [hop.transfer_s for hop in result.measurement.hops]
    crosses = [source != target for source, target in partition.hop_ends]
    assert crosses == [False, True, False, True]
    assert all(time_s >= LATENCY_S for time_s, far in zip(taken_s, crosses, strict=True) if far)


def test_a_stage_that_does_not_fit_its_node_is_an_error_that_says_so(tmp_path):
    partition = make_partition(tmp_path)
    with bed_of(partition) as bed:
        bed.set_memory("server", 16 * MIB)
        with pytest.raises(OutOfMemoryError, match=r"on node .server.*memory was not enough"):
            ProcessesEngine().run(partition, OPTIONS, hosts=bed)
        assert bed.oom_kills("server") >= 1


CLUSTER = """
schema: partway.cluster/1
source: phone
sink: phone
nodes:
  - {name: phone, memory: 200MiB, speed: 0.5}
  - {name: server, memory: 400MiB, speed: 1}
links:
  - {between: [phone, server], bandwidth: 80Mbit/s, latency: 10ms}
"""


def partway(*words):
    command = [sys.executable, "-m", "planner.cli.main", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_runs_stages_on_it(tmp_path):
    make_partition(tmp_path)
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    done = partway(
        "run", tmp_path, "--requests", 2, "--testbed", tmp_path / "cluster.yaml", "--cpu-limits"
    )
    assert done.returncode == 0, done.stderr
    assert "links: a testbed of 2 network namespaces" in done.stdout
    assert "speeds: CPU quotas of the testbed's nodes" in done.stdout
