"""What only holds with real processes: memory, faults, and that nothing is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from planner.engines.emulation import emulation
from planner.engines.hosts import THIS_MACHINE
from planner.engines.interface import RunOptions
from planner.engines.jobs import jobs_of
from planner.engines.processes import ProcessesEngine
from planner.engines.ring import open_ring
from planner.errors import RunError
from tests.planner.engines.partitions import MIB

OPTIONS = RunOptions(requests=3, warmup_requests=1, deadline_s=20)
ENDS = ("phone", "phone")


@pytest.fixture
def jobs(partition):
    return jobs_of(partition, emulation(partition, OPTIONS), THIS_MACHINE)


def pids_of(ring):
    return [worker.pid for worker in ring._workers]


def is_running(pid):
    """Whether a process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_for_end(pids, within_s=5.0):
    give_up_s = time.monotonic() + within_s
    while any(map(is_running, pids)) and time.monotonic() < give_up_s:
        time.sleep(0.02)
    return [pid for pid in pids if is_running(pid)]


def request(ring, partition, **options):
    return ring.request(partition.sample_inputs, **({"deadline_s": 20} | options))


def test_a_stage_needs_the_memory_of_onnxruntime_alone(partition):
    measured = ProcessesEngine().run(partition, OPTIONS).measurement
    assert all(5 * MIB < stage.peak_bytes < 100 * MIB for stage in measured.stages)


def test_a_slower_node_takes_longer_by_its_factor(partition):
    options = OPTIONS.model_copy(update={"emulate_speeds": True})
    emulated = emulation(partition, options)
    assert emulated.slowdowns == (2.0, 1.0, 1.0)
    result = ProcessesEngine().run(partition, options)
    assert result.emulated_speeds


def test_the_terms_of_one_request_fit_into_its_latency(partition, jobs):
    with open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60) as ring:
        trace, outputs = request(ring, partition)
    assert sorted(outputs) == ["y", "z"]
    total_s = sum(trace.compute_s) + sum(trace.transfer_s)
    assert 0 < total_s <= trace.latency_s + 1e-9


def test_all_workers_end_after_a_good_run(jobs):
    with open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60) as ring:
        pids = pids_of(ring)
        assert all(map(is_running, pids))
    assert not any(map(is_running, pids))


@pytest.mark.parametrize("victim", [0, 1, 2])
def test_a_killed_worker_is_named_at_once_and_the_others_end(partition, jobs, victim):
    pids, killed_s = [], 0.0

    def kill_one_and_ask():
        nonlocal killed_s
        with open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60) as ring:
            pids.extend(pids_of(ring))
            request(ring, partition)
            killed_s = time.monotonic()
            os.kill(pids[victim], signal.SIGKILL)
            request(ring, partition)

    with pytest.raises(RunError, match=f"stage {victim} on node .* was killed by SIGKILL"):
        kill_one_and_ask()
    assert time.monotonic() - killed_s < 5
    assert not any(map(is_running, pids))


def test_a_worker_that_is_killed_during_a_request_is_named(partition, jobs):
    """The first hop is paced to a minute, so the first worker still waits for its message."""
    pids = []

    jobs[0] = replace(jobs[0], wire_busy_s=60.0)

    def kill_while_waiting():
        with open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60) as ring:
            pids.extend(pids_of(ring))
            threading.Timer(0.3, os.kill, (pids[2], signal.SIGKILL)).start()
            request(ring, partition, deadline_s=100)

    start_s = time.monotonic()
    with pytest.raises(RunError, match=r"stage 2 on node 'server'.* was killed by SIGKILL"):
        kill_while_waiting()
    assert time.monotonic() - start_s < 30
    assert not any(map(is_running, pids))


def test_a_stalled_worker_is_noticed_by_the_deadline_and_ended(partition, jobs):
    pids = []

    def stop_one_and_ask():
        with open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60) as ring:
            pids.extend(pids_of(ring))
            os.kill(pids[1], signal.SIGSTOP)
            request(ring, partition, deadline_s=0.5)

    with pytest.raises(RunError, match=r"deadline.*stage 1 on node 'server' .* is stopped"):
        stop_one_and_ask()
    assert not any(map(is_running, pids))


def test_workers_that_are_not_ready_in_time_are_ended(jobs):
    with (
        pytest.raises(RunError, match="no answer within the deadline"),
        open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=0.01),
    ):
        pass


def test_an_interrupt_leaves_no_process(jobs):
    pids = []

    def interrupt():
        with open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60) as ring:
            pids.extend(pids_of(ring))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert len(pids) == 3
    assert not any(map(is_running, pids))


DRIVER = """
import sys, time
from pathlib import Path
from planner.engines.emulation import emulation
from planner.engines.hosts import THIS_MACHINE
from planner.engines.interface import RunOptions
from planner.engines.jobs import jobs_of
from planner.engines.ring import open_ring
from planner.partition import open_partition
partition = open_partition(Path(sys.argv[1]))
assert "torch" not in sys.modules, "a driver needs no torch"
jobs = jobs_of(partition, emulation(partition, RunOptions()), THIS_MACHINE)
with open_ring(jobs, ("phone", "phone"), hosts=THIS_MACHINE, startup_deadline_s=60) as r:
    print(*[worker.pid for worker in r._workers], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_when_their_driver_is_killed(partition, number):
    command = [sys.executable, "-c", DRIVER, str(partition.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        pids = [int(pid) for pid in driver.stdout.readline().split()]
        assert len(pids) == 3
        driver.send_signal(number)
    assert wait_for_end(pids) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a dead parent")
def test_a_stopped_worker_ends_when_its_driver_is_killed(partition):
    command = [sys.executable, "-c", DRIVER, str(partition.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        pids = [int(pid) for pid in driver.stdout.readline().split()]
        os.kill(pids[1], signal.SIGSTOP)
        driver.kill()
    assert wait_for_end(pids) == []
