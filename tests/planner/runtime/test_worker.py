import json
import subprocess
import sys

import pytest

from planner.runtime.connection import Received
from planner.runtime.errors import ConnectionClosed, JobError
from planner.runtime.frames import Frame
from planner.runtime.job import EXIT_FAILED, EXIT_NEIGHBOUR_LOST, Job, parse_line, to_line
from planner.runtime.stage import LoadedStage
from planner.runtime.worker import Worker
from tests.planner.engines.partitions import make_partition

COMMAND = [sys.executable, "-m", "planner.runtime.worker"]


@pytest.fixture
def partition(tmp_path):
    return make_partition(tmp_path)


def first_job(partition, **changes):
    fields = {
        "stage": 0,
        "node": "phone",
        "file": str(partition.stage_path(0)),
        "backend": "onnx",
        "threads": 1,
        "inputs": ("x",),
        "outputs": ("h",),
        "sends": ("h", "y"),
    }
    return Job(**(fields | changes))


def run_worker(line):
    return subprocess.run(COMMAND, input=line, capture_output=True, text=True, timeout=60)


def test_a_job_is_read_back_from_its_line():
    job = Job(1, "n", "f", "onnx", 2, ("a",), ("b",), ("a", "b"), wire_busy_s=0.5, slowdown=2.0)
    assert parse_line(to_line(job)) == job


@pytest.mark.parametrize(
    ("line", "message"),
    [("{", "not JSON"), ("[1]", "not a JSON object"), ('{"stage": 0}', "these fields")],
)
def test_a_line_that_is_no_job_is_refused(line, message):
    with pytest.raises(JobError, match=message):
        parse_line(line)


def test_a_tensor_that_only_passes_through_stays_untouched(partition):
    stage = LoadedStage(first_job(partition))
    run = stage.run(partition.sample_inputs)
    assert list(run.sends) == ["h", "y"]
    assert run.sends["y"] is partition.sample_inputs["y"]


def test_a_missing_tensor_is_named(partition):
    with pytest.raises(JobError, match=r"takes \['x'\], but has only \['y'\]"):
        LoadedStage(first_job(partition)).run({"y": partition.sample_inputs["y"]})
    with pytest.raises(JobError, match=r"sends \['q'\]"):
        LoadedStage(first_job(partition, sends=("q",))).run(partition.sample_inputs)


class OneFrame:
    """Ends of a worker's connections: one frame comes in, and what goes out is kept."""

    def __init__(self, meta):
        self.waiting = [Frame(meta=meta)]
        self.sent = []

    def receive(self):
        if not self.waiting:
            raise ConnectionClosed("that was all")
        return Received(self.waiting.pop(), start_s=0.0, end_s=0.0)

    def send(self, frame):
        self.sent.append(frame)


def test_a_peak_while_loading_counts_though_running_takes_less(partition):
    job, ends = first_job(partition), OneFrame({"peaks": [7]})
    stage = LoadedStage(job)
    Worker(job, stage, loading_bytes=2**50, incoming=ends, outgoing=ends).serve()
    assert [frame.meta for frame in ends.sent] == [{"peaks": [7, 2**50]}]


def test_a_file_with_other_results_than_the_job_is_refused(partition):
    with pytest.raises(JobError, match="has 1 results"):
        LoadedStage(first_job(partition, outputs=("h", "g"))).run(partition.sample_inputs)


def test_a_slowdown_stretches_the_computation_and_is_part_of_it(partition):
    plain = LoadedStage(first_job(partition))
    slow = LoadedStage(first_job(partition, slowdown=1000.0))
    for stage in (plain, slow):
        stage.run(partition.sample_inputs)
    run, slow_run = (stage.run(partition.sample_inputs) for stage in (plain, slow))
    assert slow_run.end_s - slow_run.start_s > 10 * (run.end_s - run.start_s)


def test_a_worker_that_cannot_load_its_stage_says_why_in_one_line(partition):
    partition.stage_path(0).write_bytes(b"no model")
    result = run_worker_until_it_ends(to_line(first_job(partition)))
    assert result[0] == EXIT_FAILED
    assert len(result[1].splitlines()) == 1
    assert "cannot load" in result[1]


def run_worker_until_it_ends(line):
    """Keeps standard input open, as a driver does."""
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as worker:
        worker.stdin.write(line + "\n")
        worker.stdin.flush()
        return worker.wait(60), worker.stderr.read()


def test_a_worker_without_a_driver_ends(partition):
    assert run_worker("").returncode == EXIT_NEIGHBOUR_LOST
    assert run_worker(to_line(first_job(partition)) + "\n").returncode == EXIT_NEIGHBOUR_LOST


def test_a_worker_of_an_onnx_stage_imports_neither_torch_nor_pydantic(partition):
    program = (
        "import json, sys\n"
        "from planner.runtime import worker\n"
        "from planner.runtime.job import parse_line\n"
        "worker.LoadedStage(parse_line(sys.stdin.readline()))\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        input=to_line(first_job(partition)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "pydantic", "typer", "rich", "matplotlib", "networkx", "onnx"}
