"""The commands as a user meets them: output, files, exit codes, one clear error each."""

import json
import shutil
import signal
import subprocess
import sys

import pytest

from tests.planner.cli.conftest import CNN, OTHER, ROOT, TWO_NODES, assert_one_error, cluster_with


@pytest.fixture
def parts(files, tmp_path):
    """A copy of the emitted stages that a test may damage."""
    return shutil.copytree(files / "parts", tmp_path / "parts")


def test_the_plan_has_a_cut_and_its_proof(partway, files):
    status, out, _ = partway("plan", files / "cnn.profile.json", "-c", files / "two.yaml", "--json")
    document = json.loads(out)
    solution = document["solution"]
    assert status == 0
    assert solution["status"] == "optimal"
    assert solution["value"] == solution["lower_bound"] == document["estimate"]["latency_s"]
    assert len(solution["plan"]["stages"]) == 2


def test_the_same_inputs_give_the_same_plan_file(partway, files, tmp_path):
    for name in ("a.json", "b.json"):
        partway("plan", files / "cnn.profile.json", "-c", files / "two.yaml", "-o", tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_plan_says_how_it_compares_and_where_its_numbers_come_from(partway, files):
    _, out, _ = partway("plan", files / "cnn.profile.json", "-c", files / "two.yaml")
    for words in ("optimal by", "all on near", "hand split", "measured on", "end to end"):
        assert words in out


@pytest.mark.parametrize("engine", ["inline", "processes"])
def test_a_run_shows_predicted_beside_measured(partway, files, tmp_path, engine):
    measured, saved = tmp_path / "measured.json", tmp_path / "run.json"
    status, out, _ = partway(
        "run", files / "parts", "--engine", engine, "--requests", 2, "--emulate-links",
        "-o", measured, "--save", saved,
    )  # fmt: skip
    assert status == 0
    for words in ("predicted", "measured", "end to end", "near → far", "paced to the cluster"):
        assert words in out
    record = json.loads(measured.read_text())
    assert record["origin"] == "measured"
    assert len(record["stages"]) == 2
    assert len(record["hops"]) == 3
    assert record["latency_s"] > sum(hop["transfer_s"] for hop in record["hops"]) > 0
    run = json.loads(saved.read_text())
    assert run["result"]["measurement"] == record
    assert run["document"] == json.loads((files / "plan.json").read_text())


def test_a_run_with_several_in_flight_shows_the_time_between_answers(partway, files):
    words = ("run", files / "parts", "--requests", 4, "--emulate-links", "--in-flight", 3)
    status, out, _ = partway(*words)
    assert status == 0
    for text in ("time between answers", "3 in flight", "first request, on fresh connections"):
        assert text in out
    assert "did not overlap" not in out
    _, out, _ = partway(*words, "--json")
    record = json.loads(out)
    assert record["throughput"]["in_flight"] == 3
    assert record["throughput"]["period"]["samples_s"]
    assert len(record["throughput"]["peak_bytes"]) == 2
    assert record["first"]["latency_s"] > 0


def test_several_in_flight_are_one_error_where_stages_take_turns(partway, files):
    words = ("run", files / "parts", "--engine", "inline", "--in-flight", 3)
    assert_one_error(partway(*words), "take turns in one process", "the engine processes")


def test_compare_lists_every_baseline(partway, files):
    status, out, _ = partway("compare", files / "cnn.profile.json", "-c", files / "two.yaml")
    assert status == 0
    for name in ("partway", "all on near", "all on far", "hand split", "equal layers",
                 "parameter balanced", "ram proportional", "time balanced", "deepspeed balanced",
                 "neurosurgeon", "pipedream", "pipeedge", "gillis"):  # fmt: skip
        assert name in out


def test_sweep_writes_table_and_picture(partway, files, tmp_path):
    status, _, _ = partway(
        "sweep", files / "cnn.profile.json", "-c", files / "two.yaml", "-o", tmp_path / "sweep"
    )
    assert status == 0
    assert (tmp_path / "sweep" / "parts.csv").read_text().count("\n") == 3
    assert (tmp_path / "sweep" / "parts.png").read_bytes().startswith(b"\x89PNG")


def test_a_node_may_bring_its_own_profile(partway, files, tmp_path):
    text = TWO_NODES.replace("name: far, memory: 4GiB, speed: 1", "name: far, memory: 4GiB, "
                             "profile: cnn.profile.json")  # fmt: skip
    (tmp_path / "cluster.yaml").write_text(text)
    shutil.copy(files / "cnn.profile.json", tmp_path)
    status, _, err = partway(
        "plan", files / "cnn.profile.json", "-c", tmp_path / "cluster.yaml", "--json"
    )
    assert (status, err) == (0, "")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["profile", "torchvision:resnet19", "-o", "x.json"], ["resnet19", "list_models"]),
        (["profile", "resnet18", "-o", "x.json"], ["unknown model 'resnet18'", "torchvision:NAME"]),
        (["profile", "nowhere.pt2", "-o", "x.json"], ["nowhere.pt2", "does not exist"]),
        (["profile", "no.such:thing", "-o", "x.json"], ["no.such:thing"]),
        (["profile", CNN, "--input", "1x4x32x32", "-o", "x.json"], ["1x4x32x32", "--input"]),
        (["profile", CNN, "--input", "1x3x0x32", "-o", "x.json"], ["size of 0"]),
        (["profile", CNN, "--input", "big", "-o", "x.json"], ["'big'", "1x3x224x224"]),
        (["profile", CNN, "--granularity", "tiny", "-o", "x.json"], ["tiny", "block"]),
        (["profile", CNN, "--attribution", "guess", "-o", "x.json"], ["'guess'", "trace"]),
        (["profile", CNN, "--budget", "0s", "-o", "x.json"], ["'0s'", "12s"]),
        (["profile", CNN, "--backend", "tf", "-o", "x.json"], ["tf", "torch, onnx"]),
        (["profile", CNN, "--device", "tpu", "-o", "x.json"], ["tpu"]),
        (["profile", CNN, "--cuts", "5,3", "-o", "x.json"], ["5, 3", "ascend"]),
        (["profile", CNN, "--cuts", "a", "-o", "x.json"], ["'a'"]),
        (["profile", CNN, "--input", "9999999x9999999", "-o", "x.json"], ["elements"]),
        (["profile", CNN, "-o", "."], ["cannot write .", "folder"]),
        (["profile", CNN, "-o", "/dev/null/x.json"], ["cannot write /dev/null/x.json"]),
        (
            ["profile", CNN.replace("make_cnn", "make_broken"), "-o", "x.json"],
            ["make_broken", "ValueError: no such width", "small_models.py:", "raise ValueError"],
        ),
    ],
)
def test_a_profile_that_cannot_be_made_is_one_error_and_no_file(
    partway, tmp_path, monkeypatch, words, parts
):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.chdir(tmp_path)
    outcome = partway(*words)
    assert_one_error((outcome[0], outcome[1], last_line(outcome[2])), *parts)
    assert list(tmp_path.iterdir()) == []


def last_line(text):
    """The error: what was done before it is progress."""
    return text.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("nodes:", "nodes: [", ["not valid YAML"]),
        ("100Mbit/s", "-100Mbit/s", ["links.0.bandwidth", "negative"]),
        ("100Mbit/s", "100", ["links.0.bandwidth", "no unit"]),
        ("100Mbit/s", "100Mbps", ["links.0.bandwidth", "'Mbps'", "Mbit/s"]),
        ("[near, far]", "[near, moon]", ["'moon'", "no node"]),
        ("sink: near", "sink: island", ["sink 'island'", "no node"]),
        ("memory: 4GiB, speed: 0.5", "memory: 4, speed: 0.5", ["nodes.0.memory", "no unit"]),
        ("speed: 1}", "speed: 0}", ["nodes.1.speed"]),
        ("schema: partway.cluster/1", "schema: partway.cluster/9", ["schema"]),
        ("sink: near", "sink: near\ncolour: red", ["colour"]),
    ],
)
def test_a_bad_cluster_is_one_error_that_names_the_place(partway, files, tmp_path, old, new, parts):
    path = cluster_with(tmp_path, old, new)
    outcome = partway("plan", files / "cnn.profile.json", "-c", path, "-o", tmp_path / "p.json")
    assert_one_error(outcome, str(path), *parts)
    assert not (tmp_path / "p.json").exists()


def test_an_unreachable_sink_is_one_error(partway, files, tmp_path):
    text = TWO_NODES.replace("sink: near", "sink: far").replace(
        "between: [near, far]", "from: far, to: near"
    )
    (tmp_path / "cluster.yaml").write_text(text)
    outcome = partway("plan", files / "cnn.profile.json", "-c", tmp_path / "cluster.yaml")
    assert_one_error(outcome, "sink 'far' cannot be reached from source 'near'")


def test_a_profile_of_another_model_is_one_error(partway, files, tmp_path):
    path = cluster_with(tmp_path, "memory: 4GiB, speed: 1", "memory: 4GiB, profile: o.json")
    shutil.copy(files / "other.profile.json", tmp_path / "o.json")
    outcome = partway("plan", files / "cnn.profile.json", "-c", path)
    assert_one_error(outcome, "'o.json'", "make_other", "make_cnn")


def test_emitting_another_model_is_one_error_and_no_folder(partway, files, tmp_path):
    outcome = partway("emit", files / "plan.json", "--model", OTHER, "-o", tmp_path / "parts")
    assert_one_error((*outcome[:2], last_line(outcome[2])), "make_other", "make_cnn")
    assert list(tmp_path.iterdir()) == []


def test_a_profile_that_no_node_names_is_one_error(partway, files):
    outcome = partway(
        "plan", files / "cnn.profile.json", files / "other.profile.json", "-c", files / "two.yaml"
    )
    assert_one_error(outcome, "no node", "'other.profile.json'")


def test_the_input_option_keeps_types_and_keyword_inputs(partway, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "profiler.py").write_text("raise RuntimeError('not the package')")
    model = CNN.replace("make_cnn", "make_tokens")
    status, _, err = partway(
        "profile", model, "--backend", "onnx", "--input", "2x7", "-o", tmp_path / "tokens.json"
    )
    assert status == 0, err
    tensors = json.loads((tmp_path / "tokens.json").read_text())["graph"]["tensors"]
    assert [(t["shape"], t["dtype"]) for t in tensors[:2]] == [([2, 7], "int64"), ([], "float32")]


def test_a_terminated_command_leaves_no_draft_behind(files, tmp_path):
    command = [sys.executable, "-m", "planner.cli.main", "emit", str(files / "plan.json"),
               "--model", CNN, "-o", str(tmp_path / "parts")]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "building" in line:
                process.terminate()
                break
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", '{"schema": "partway.manifest/1"}'])
def test_a_file_that_is_no_profile_is_one_error(partway, files, tmp_path, content):
    (tmp_path / "broken.json").write_text(content)
    outcome = partway("plan", tmp_path / "broken.json", "-c", files / "cluster.yaml")
    assert_one_error(outcome, "broken.json")


def test_blocks_can_be_timed_by_trace_and_a_budget_that_is_too_small_is_said(partway, tmp_path):
    words = ("--backend", "onnx", "--attribution", "trace", "--budget", "1ms")
    status, out, _ = partway("profile", CNN, *words, "-o", tmp_path / "p.json")
    assert status == 0
    assert json.loads((tmp_path / "p.json").read_text())["whole"]["attribution"] == "trace"
    assert "timed by trace" in out
    assert "budget of 1 ms exceeded" in out


def test_a_trace_of_a_backend_that_has_none_is_one_error(partway, tmp_path):
    words = ("--backend", "torch", "--attribution", "trace", "-o", tmp_path / "p.json")
    assert_one_error(partway("profile", CNN, *words), "torch has no trace")


def test_a_missing_profile_is_one_error(partway, files, tmp_path):
    outcome = partway("plan", tmp_path / "none.json", "-c", files / "cluster.yaml")
    assert_one_error(outcome, "none.json")


def test_nothing_fits_is_exit_code_1_with_the_node_and_the_bytes(partway, files, tmp_path):
    path = cluster_with(tmp_path, "4GiB", "1MiB")
    outcome = partway("plan", files / "cnn.profile.json", "-c", path, "-o", tmp_path / "p.json")
    assert_one_error(outcome, "no feasible plan", "node", "bytes", code=1)
    assert not (tmp_path / "p.json").exists()


def test_a_missing_stage_file_is_one_error(partway, parts):
    (parts / "stage1.onnx").unlink()
    assert_one_error(partway("run", parts), "stage1.onnx", "missing")


def test_a_truncated_stage_file_is_one_error(partway, parts):
    content = (parts / "stage0.onnx").read_bytes()
    (parts / "stage0.onnx").write_bytes(content[:-10])
    assert_one_error(partway("run", parts), "stage0.onnx", str(len(content)))


def test_a_stage_file_changed_since_emission_is_one_error(partway, parts):
    content = bytearray((parts / "stage0.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (parts / "stage0.onnx").write_bytes(content)
    assert_one_error(partway("run", parts), "stage0.onnx", "changed since")


def test_an_unknown_engine_is_one_error(partway, files):
    assert_one_error(partway("run", files / "parts", "--engine", "warp"), "warp", "processes")


@pytest.mark.parametrize("deadline", ["60", "0s", "soon"])
def test_a_deadline_without_unit_or_room_is_one_error(partway, files, deadline):
    assert_one_error(partway("run", files / "parts", "--deadline", deadline), repr(deadline))


@pytest.mark.parametrize("command", ["profile", "plan", "sweep", "compare", "emit", "run", "demo"])
def test_every_command_has_help(partway, command):
    status, out, _ = partway(command, "--help")
    assert status == 0
    assert "Usage: partway" in out or f"{command} [OPTIONS]" in out


def test_no_command_shows_help_and_wrong_words_exit_with_2(partway):
    assert partway("no-such-command")[0] == 2


def test_a_profile_is_carried_to_another_machine_by_kernel_times(partway, files, tmp_path):
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    profile = json.loads((files / "cnn.profile.json").read_text())
    kernels = [
        {"name": "dense", "work": "arithmetic", "flops": 1000},
        {"name": "copy", "work": "memory", "flops": 0},
    ]
    for path, seconds in ((here, 0.001), (there, 0.003)):
        latency = {"median_s": seconds, "p10_s": seconds, "p90_s": seconds, "n": 1}
        record = {
            "schema": "partway.speed/1",
            "runtime": "numpy",
            "kernels": [kernel | {"latency": latency} for kernel in kernels],
            "environment": profile["environment"],
        }
        path.write_text(json.dumps(record))
    words = ("--measured-here", here, "--there", there, "-o", tmp_path / "b.profile.json")
    status, out, _ = partway("carry", files / "cnn.profile.json", *words)
    assert status == 0
    assert "estimated: 3.000 times as long, with an error that is not known" in out
    assert "differ from it by up to 0%" in out
    _, out, _ = partway("plan", tmp_path / "b.profile.json", "-c", files / "cluster.yaml")
    assert "block latency: estimated for" in out
    outcome = partway("carry", tmp_path / "b.profile.json", *words)
    assert_one_error(outcome, "carry the measured one")


def test_a_speed_file_with_a_kernel_of_no_time_is_one_error(partway, files, tmp_path):
    latency = {"median_s": 0.0, "p10_s": 0.0, "p90_s": 0.0, "n": 1}
    record = {
        "schema": "partway.speed/1",
        "runtime": "numpy",
        "kernels": [{"name": "copy", "work": "memory", "flops": 0, "latency": latency}],
        "environment": json.loads((files / "cnn.profile.json").read_text())["environment"],
    }
    (tmp_path / "s.json").write_text(json.dumps(record))
    words = ("--measured-here", tmp_path / "s.json", "--there", tmp_path / "s.json")
    outcome = partway("carry", files / "cnn.profile.json", *words, "-o", tmp_path / "b.json")
    assert_one_error(outcome, "s.json", "kernels: copy takes 0 s")
