import dataclasses
import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import onnx
import pytest
import torch

from netmodel.cluster import Cluster, Link, Node
from netmodel.links.affine import AffineLink
from planner import api
from planner.emit.emitter import emit
from planner.errors import MismatchError, PlannerError, VerificationError
from planner.files import read_record
from planner.manifest import Manifest
from planner.partition import open_partition
from planner.problem import build_problem
from planner.runtime import frames
from planner.solution import Solution, Status
from profiler.backends import NAMES, backend_named
from profiler.capture import capture
from tests.profiler.models import (
    RandomNoiseLikeInput,
    SmallCnn,
    TwoInputs,
    captured,
    small_profile,
    source_of,
)

both = pytest.mark.parametrize("backend", NAMES)


def sensor_and_desk():
    """Inputs arrive at the sensor, answers end at the desk, one wire in between."""
    wire = AffineLink(bandwidth_bytes_per_s=1e7, latency_s=0.001)
    nodes = tuple(Node(name=n, memory_bytes=2**40, speed=1.0) for n in ("sensor", "desk"))
    links = (Link(source="sensor", target="desk", model=wire),)
    return Cluster(source="sensor", sink="desk", nodes=nodes, links=links)


@cache
def planned(backend):
    """The first block on the sensor, the other two on the desk."""
    profile = small_profile("onnx").model_copy(update={"backend": backend})
    problem = build_problem(profile, sensor_and_desk())
    plan = problem.plan((1,), ("sensor", "desk"))
    solution = Solution(status=Status.FEASIBLE, method="by hand", plan=plan)
    return api.describe(profile, sensor_and_desk(), problem, solution)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """Emitted partitions by backend; no test changes one."""

    @cache
    def write(backend):
        folder = tmp_path_factory.mktemp(backend) / "new" / "parts"
        emit(planned(backend), captured(SmallCnn), folder)
        return folder

    return write


def content(folder):
    """What a folder holds, by file name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@both
def test_the_folder_holds_the_stages_the_sample_and_the_manifest_and_nothing_else(backend, emitted):
    folder = emitted(backend)
    suffix = backend_named(backend).suffix
    assert sorted(path.name for path in folder.iterdir()) == [
        "expected_outputs.tensors",
        "manifest.json",
        "sample_inputs.tensors",
        f"stage0{suffix}",
        f"stage1{suffix}",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["parts"]


@both
def test_the_manifest_says_what_the_files_hold(backend, emitted):
    folder = emitted(backend)
    manifest = read_record(folder / "manifest.json", Manifest)
    first, second = manifest.stages
    assert manifest.document == planned(backend)
    assert [(s.node, s.op_start, s.op_stop) for s in manifest.stages] == [
        ("sensor", 0, 4),
        ("desk", 4, 9),
    ]
    assert [(p.name, p.shape, p.dtype) for p in first.inputs] == [("x", (1, 3, 32, 32), "float32")]
    assert [(p.shape, p.dtype) for p in first.outputs] == [((1, 8, 16, 16), "float32")]
    assert second.inputs == first.outputs
    assert [p.shape for p in second.outputs] == [(1, 10)]
    assert first.weight_bytes + second.weight_bytes == captured(SmallCnn).graph.weight_bytes
    assert manifest.input_names == ("x",)
    assert manifest.output_names == tuple(p.name for p in second.outputs)
    assert manifest.output_labels == ("output",)
    assert {"torch", "onnxruntime"} <= set(manifest.packages)
    for stamp in (first.file, second.file, manifest.sample, manifest.expected):
        written = (folder / stamp.path).read_bytes()
        assert stamp.n_bytes == len(written)
        assert stamp.sha256 == hashlib.sha256(written).hexdigest()


@both
def test_the_sample_and_the_expected_output_are_the_originals(backend, emitted):
    folder = emitted(backend)
    whole = captured(SmallCnn)
    sample = frames.load(folder / "sample_inputs.tensors")
    expected = frames.load(folder / "expected_outputs.tensors")
    assert torch.equal(torch.tensor(sample["x"]), whole.inputs["x"])
    assert torch.equal(torch.tensor(expected["output"]), whole.expected[0])


@both
def test_the_verification_is_noted_with_its_limit(backend, emitted):
    manifest = read_record(emitted(backend) / "manifest.json", Manifest)
    limit = backend_named(backend).tolerance
    assert manifest.verification.tolerance == limit
    assert manifest.verification.max_rel_difference <= limit
    assert manifest.verification.bit_identical or backend == "onnx"


@both
def test_what_was_emitted_opens_and_hands_on_the_right_bytes(backend, emitted):
    partition = open_partition(emitted(backend))
    assert partition.hop_ends == [("sensor", "sensor"), ("sensor", "desk"), ("desk", "desk")]
    assert partition.hop_bytes == [4 * 3 * 32 * 32, 4 * 8 * 16 * 16, 40]


def test_onnx_stages_are_ordinary_models_in_which_the_original_is_found_by_name(emitted):
    """Viewers such as Netron show what the file names: tensors, weights and operators."""
    folder = emitted("onnx")
    manifest = read_record(folder / "manifest.json", Manifest)
    weights, operators = set(), set()
    for stage in manifest.stages:
        path = folder / stage.file.path
        onnx.checker.check_model(path, full_check=True)
        graph = onnx.load(path).graph
        assert [value.name for value in graph.input] == [port.name for port in stage.inputs]
        assert [value.name for value in graph.output] == [port.name for port in stage.outputs]
        assert all(node.name for node in graph.node)
        weights |= {tensor.name for tensor in graph.initializer}
        operators |= {name for node in graph.node for name in node.output}
    model = dict(SmallCnn().named_parameters()) | dict(SmallCnn().named_buffers())
    counters = {name for name in model if name.endswith("num_batches_tracked")}
    assert weights == set(model) - counters
    assert {"conv2d", "relu", "max_pool2d", "conv2d_1", "relu_1", "avg_pool2d"} <= operators


RUN_ALONE = """
import json, pathlib, sys
import numpy as np
from planner.runtime import frames
{load}
folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
values = dict(frames.load(folder / "sample_inputs.tensors"))
for stage in manifest["stages"]:
    inputs = [values[port["name"]] for port in stage["inputs"]]
    outputs = run(folder / stage["file"]["path"], inputs)
    values.update(zip([port["name"] for port in stage["outputs"]], outputs))
expected = list(frames.load(folder / "expected_outputs.tensors").values())
actual = [values[name] for name in manifest["output_names"]]
print(max(float(np.abs(a - e).max() / np.abs(e).max()) for a, e in zip(actual, expected)))
"""
LOAD = {
    "torch": """
import torch
def run(path, inputs):
    with torch.inference_mode():
        module = torch.export.load(path).module()
        return [t.numpy() for t in module(*map(torch.tensor, inputs))]
""",
    "onnx": """
import onnxruntime
def run(path, inputs):
    session = onnxruntime.InferenceSession(str(path))
    return session.run(None, dict(zip([p.name for p in session.get_inputs()], inputs)))
""",
}


@both
def test_the_files_run_alone_with_their_framework_from_another_place(backend, emitted, tmp_path):
    """No model source, no profiler: the framework's own loader and the manifest are enough."""
    folder = shutil.copytree(emitted(backend), tmp_path / "copied")
    program = RUN_ALONE.format(load=LOAD[backend])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) <= backend_named(backend).tolerance


def altered(whole):
    """The capture of a model whose original returns something slightly else."""
    other = tuple(value + 0.01 for value in whole.expected)
    return dataclasses.replace(whole, expected=other)


@both
def test_parts_that_differ_from_the_original_are_refused_and_leave_nothing(backend, tmp_path):
    folder = tmp_path / "parts"
    with pytest.raises(VerificationError, match=r"SmallCnn differ from the original by up to 0.01"):
        emit(planned(backend), altered(captured(SmallCnn)), folder)
    assert list(tmp_path.iterdir()) == []


def test_parts_that_differ_leave_the_older_partition_as_it_was(tmp_path):
    folder = tmp_path / "parts"
    emit(planned("torch"), captured(SmallCnn), folder)
    before = content(tmp_path)
    with pytest.raises(VerificationError, match="identical bits wanted"):
        emit(planned("torch"), altered(captured(SmallCnn)), folder)
    assert content(tmp_path) == before


def test_an_original_that_returns_nan_where_the_parts_do_not_is_refused(tmp_path):
    whole = captured(SmallCnn)
    nan = tuple(torch.full_like(value, float("nan")) for value in whole.expected)
    with pytest.raises(VerificationError):
        emit(planned("onnx"), dataclasses.replace(whole, expected=nan), tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_draws_random_numbers_is_refused(tmp_path):
    whole = captured(RandomNoiseLikeInput)
    stage = planned("torch").solution.plan.stages[0]
    n = len(whole.graph.ops)
    plan = planned("torch").solution.plan.model_copy(
        update={
            "graph_digest": whole.graph.digest,
            "stages": (stage.model_copy(update={"op_stop": n}),),
            "hops": (whole.graph.inputs, whole.graph.outputs),
        }
    )
    solution = planned("torch").solution.model_copy(update={"plan": plan})
    document = planned("torch").model_copy(update={"solution": solution})
    with pytest.raises(VerificationError, match="Does the model draw random numbers"):
        emit(document, whole, tmp_path / "parts")


def test_emitting_again_replaces_the_older_partition(tmp_path):
    folder = tmp_path / "parts"
    emit(planned("torch"), captured(SmallCnn), folder)
    (folder / "stage1.pt2").write_text("damaged")
    emit(planned("torch"), captured(SmallCnn), folder)
    assert open_partition(folder).plan == planned("torch").solution.plan
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]


def test_an_empty_folder_is_filled(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    steps = []
    emit(planned("torch"), captured(SmallCnn), folder, on_step=steps.append)
    assert open_partition(folder).folder == folder
    assert steps == [
        "building 2 stages for torch",
        "writing stage 0 for sensor",
        "writing stage 1 for desk",
        "running the written stages on the sample input",
    ]


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter1.tex").write_text("years of work")
    with pytest.raises(
        PlannerError, match=r"thesis holds files that no emission wrote \(chapter1.tex\)"
    ):
        emit(planned("torch"), captured(SmallCnn), folder)
    assert content(tmp_path) == {"thesis/chapter1.tex": b"years of work"}


def test_a_folder_that_only_looks_like_a_partition_is_refused_and_left_alone(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "my web app"}')
    with pytest.raises(PlannerError, match=r"no emission wrote \(manifest.json\)"):
        emit(planned("torch"), captured(SmallCnn), folder)
    assert content(tmp_path) == {"app/manifest.json": b'{"name": "my web app"}'}


def test_the_current_folder_is_refused_since_it_would_be_replaced(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(PlannerError, match="is the current folder or above it"):
        emit(planned("torch"), captured(SmallCnn), Path())
    assert list(folder.iterdir()) == []


def test_the_older_partition_stays_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    folder = tmp_path / "parts"
    emit(planned("torch"), captured(SmallCnn), folder)
    before = content(tmp_path)
    replace = Path.replace

    def fail_for_the_draft(path, target):
        if Path(target) == folder and not path.name.endswith("-older"):
            raise OSError("no space")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail_for_the_draft)
    with pytest.raises(OSError, match="no space"):
        emit(planned("torch"), captured(SmallCnn), folder)
    monkeypatch.undo()
    assert content(tmp_path) == before


def test_a_file_that_a_user_put_beside_the_stages_is_kept(tmp_path):
    folder = tmp_path / "parts"
    emit(planned("torch"), captured(SmallCnn), folder)
    (folder / "measured.json").write_text("mine")
    with pytest.raises(PlannerError, match=r"no emission wrote \(measured.json\)"):
        emit(planned("torch"), captured(SmallCnn), folder)
    assert (folder / "measured.json").read_text() == "mine"


def test_a_plan_whose_end_or_hops_were_changed_is_refused(tmp_path):
    document = planned("torch")
    plan = document.solution.plan
    for changes in (
        {"stages": plan.stages[:-1], "hops": plan.hops[:-1]},
        {"hops": (plan.hops[0], (), *plan.hops[2:])},
    ):
        solution = document.solution.model_copy(update={"plan": plan.model_copy(update=changes)})
        changed = document.model_copy(update={"solution": solution})
        with pytest.raises(MismatchError, match="not those of the model's graph"):
            emit(changed, captured(SmallCnn), tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_refused_and_left_alone(tmp_path):
    target = tmp_path / "parts"
    target.write_text("a file")
    with pytest.raises(PlannerError, match="parts is a file: name a folder"):
        emit(planned("torch"), captured(SmallCnn), target)
    assert content(tmp_path) == {"parts": b"a file"}


@pytest.mark.parametrize("other", ["another model", "another input shape"])
def test_a_plan_of_another_model_or_input_is_refused(other, tmp_path):
    if other == "another model":
        whole = captured(TwoInputs)
    else:
        whole = capture(source_of(SmallCnn, torch.zeros(2, 3, 32, 32)))
    with pytest.raises(MismatchError, match=r"the plan is for SmallCnn .*that were profiled"):
        emit(planned("torch"), whole, tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []


def test_a_document_without_a_plan_is_refused_with_the_solvers_reason(tmp_path):
    solution = planned("torch").solution.model_copy(
        update={"plan": None, "status": Status.INFEASIBLE, "reason": "desk is 3 bytes short"}
    )
    document = planned("torch").model_copy(update={"solution": solution})
    with pytest.raises(MismatchError, match="holds no plan: desk is 3 bytes short"):
        emit(document, captured(SmallCnn), tmp_path / "parts")
    assert list(tmp_path.iterdir()) == []
