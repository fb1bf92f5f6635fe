"""Several requests in flight: right answers, in order, at the pace of the slowest part."""

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from planner.engines.emulation import emulation
from planner.engines.hosts import THIS_MACHINE
from planner.engines.inline import InlineEngine
from planner.engines.interface import RunOptions
from planner.engines.jobs import jobs_of
from planner.engines.overlap import period
from planner.engines.processes import ProcessesEngine
from planner.engines.ring import open_ring
from planner.errors import RunError, VerificationError
from planner.files import stamp
from planner.partition import open_partition
from planner.runtime import frames
from tests.planner.engines.partitions import MIB, edit_manifest, make_partition

ENDS = ("phone", "phone")
FOUR = RunOptions(requests=12, warmup_requests=1, deadline_s=30, in_flight=4)
BUSY_S, DELAY_S = 0.03, 0.5


@pytest.fixture
def jobs(partition):
    return jobs_of(partition, emulation(partition, RunOptions()), THIS_MACHINE)


def opened(jobs, **options):
    return open_ring(jobs, ENDS, hosts=THIS_MACHINE, startup_deadline_s=60, **options)


def answers(ring, inputs, **options):
    given = {"n_requests": 12, "in_flight": 4, "deadline_s": 30} | options
    return ring.answers(inputs, **given)


def test_every_answer_is_right(partition, jobs):
    with opened(jobs) as ring:
        got = list(answers(ring, partition.sample_inputs))
    assert len(got) == 12
    assert [answer.end_s for answer in got] == sorted(answer.end_s for answer in got)
    for answer in got:
        np.testing.assert_allclose(
            answer.tensors["z"], partition.expected_outputs["out"], rtol=1e-4, atol=1e-4
        )


def test_a_ring_still_answers_one_at_a_time_after_several(partition, jobs):
    with opened(jobs) as ring:
        list(answers(ring, partition.sample_inputs))
        trace, outputs = ring.request(partition.sample_inputs, deadline_s=20)
    assert sorted(outputs) == ["y", "z"]
    assert trace.latency_s > 0


def test_requests_follow_each_other_on_the_wire_without_waiting_for_its_delay(partition, jobs):
    """Two hops of 530 ms, of which 30 ms keep the wire: twelve take 1,060 + 11 · 30 ms.

    One at a time they could not take less than 12 · 1,060 ms, however quick the machine is.
    """
    for stage in (1, 2):
        jobs[stage] = replace(jobs[stage], wire_busy_s=BUSY_S, wire_delay_s=DELAY_S)
    with opened(jobs) as ring:
        start_s = time.monotonic()
        ends_s = [answer.end_s for answer in answers(ring, partition.sample_inputs, in_flight=12)]
    one_s, twelve_s = 2 * (BUSY_S + DELAY_S), ends_s[-1] - start_s
    assert twelve_s >= one_s + 11 * BUSY_S
    assert twelve_s < 12 * one_s


def test_the_engine_measures_the_period_beside_the_terms(partition):
    options = FOUR.model_copy(update={"emulate_links": True})
    result = ProcessesEngine().run(partition, options)
    throughput = result.throughput
    assert (throughput.in_flight, throughput.requests) == (4, 12)
    assert throughput.period.n == len(throughput.period.samples_s) == 12 - 4 + 1
    assert throughput.period.median_s > 0
    assert result.first.latency_s > 0
    assert result.measurement.requests.n == 12


def test_one_at_a_time_measures_no_period(partition):
    result = ProcessesEngine().run(partition, RunOptions(requests=2, warmup_requests=0))
    assert result.throughput is None
    assert result.first.latency_s > 0


def test_the_inline_engine_refuses_to_overlap(partition):
    assert "take turns in one process" in InlineEngine().skip_reason(partition, FOUR)
    assert ProcessesEngine().skip_reason(partition, FOUR) is None


def test_hops_that_share_a_wire_are_not_paced_together(tmp_path):
    partition = make_partition(tmp_path, nodes=("server", "phone", "server"))
    options = FOUR.model_copy(update={"emulate_links": True})
    assert "2 hops of the plan share the wire phone -> server" in ProcessesEngine().skip_reason(
        partition, options
    )
    assert ProcessesEngine().skip_reason(partition, FOUR) is None


@pytest.mark.parametrize("victim", [0, 2])
def test_a_worker_that_is_killed_with_several_in_flight_is_named(partition, jobs, victim):
    jobs[1] = replace(jobs[1], wire_busy_s=1.0)

    def kill_one():
        with opened(jobs) as ring:
            threading.Timer(0.3, os.kill, (ring._workers[victim].pid, signal.SIGKILL)).start()
            list(answers(ring, partition.sample_inputs))

    with pytest.raises(RunError, match=f"stage {victim} on node .* was killed by SIGKILL"):
        kill_one()


def test_a_stalled_worker_is_noticed_by_the_deadline_with_several_in_flight(partition, jobs):
    def stop_one():
        with opened(jobs) as ring:
            os.kill(ring._workers[1].pid, signal.SIGSTOP)
            list(answers(ring, partition.sample_inputs, deadline_s=0.5))

    with pytest.raises(RunError, match=r"deadline.*stage 1 on node 'server' .* is stopped"):
        stop_one()


def test_a_last_hop_beyond_the_deadline_is_noticed(partition, jobs):
    wire = emulation(partition, RunOptions(emulate_links=True)).wires[-1]
    slow = replace(wire, busy_s=60.0)
    with (
        opened(jobs, wire=slow) as ring,
        pytest.raises(RunError, match="no answer within the deadline"),
    ):
        ring.request(partition.sample_inputs, deadline_s=0.5)


def test_a_wrong_answer_among_several_fails_the_run(partition, monkeypatch):
    """All requests are the same, so the checks are told apart by what they are checked against."""
    path = partition.folder / "expected.frame"
    wrong = {label: value + 1 for label, value in partition.expected_outputs.items()}
    frames.save(path, wrong)
    edit_manifest(partition, expected=stamp(path, partition.folder))
    broken = open_partition(partition.folder)
    monkeypatch.setattr("planner.engines.processes.check_outputs", lambda *_: None)
    with pytest.raises(VerificationError, match="something else than the original model"):
        ProcessesEngine().run(broken, FOUR)


def copy_stage(path, names, shape):
    """A stage that negates its first input twice, and so computes next to nothing."""
    source, target = names
    ports = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name in (source, target)
    ]
    graph = helper.make_graph(
        [helper.make_node("Neg", [source], ["n"]), helper.make_node("Neg", ["n"], [target])],
        "copy",
        *ports,
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def test_messages_beyond_all_socket_buffers_do_not_stand_still(tmp_path, jobs):
    """32 MiB per message, twice what two sockets can hold; the memory stays that of one."""
    shape = (1, 8 * MIB)
    named = []
    for job, names in zip(jobs, ("xa", "ab", "bc"), strict=True):
        path = tmp_path / f"copy{job.stage}.onnx"
        copy_stage(path, names, shape)
        inputs, outputs = names
        named.append(
            replace(job, file=str(path), inputs=(inputs,), outputs=(outputs,), sends=(outputs,))
        )
    inputs = {"x": np.arange(shape[1], dtype=np.float32).reshape(shape)}
    with opened(named) as ring:
        for _ in range(2):
            ring.request(inputs, deadline_s=30)
        before = ring.peak_bytes(deadline_s=30)
        for answer in answers(ring, inputs, n_requests=8):
            np.testing.assert_array_equal(answer.tensors["c"], inputs["x"])
        after = ring.peak_bytes(deadline_s=30)
    assert all(b > 32 * MIB for b in before)
    assert max(np.subtract(after, before)) < 4 * MIB


def test_the_period_is_a_mean_over_as_many_gaps_as_requests_are_in_flight():
    """Answers in pairs, 0.1 s within a pair and 0.3 s to the next: one each 0.2 s."""
    ends_s = [0.0, 0.1, 0.4, 0.5, 0.8, 0.9]
    timing = period(ends_s, 2)
    assert timing.samples_s == pytest.approx([0.2] * 4)
    assert timing.median_s == pytest.approx(0.2)
    assert period([1.0, 1.5], 4).samples_s == pytest.approx([0.5])
