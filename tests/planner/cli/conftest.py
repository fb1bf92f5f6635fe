"""The commands in this process, and the files of one loop that several tests read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from planner.cli import main as cli

ROOT = Path(__file__).parents[3]
CNN = "tests.planner.cli.small_models:make_cnn"
OTHER = "tests.planner.cli.small_models:make_other"
TWO_NODES = """
schema: partway.cluster/1
source: near
sink: near
nodes:
  - {name: near, memory: 4GiB, speed: 0.5}
  - {name: far, memory: 4GiB, speed: 1}
links:
  - {between: [near, far], bandwidth: 100Mbit/s, latency: 1ms}
"""


@pytest.fixture
def partway(monkeypatch, capsys):
    """Runs a command in this process; returns exit code, stdout and stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["partway", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        printed = capsys.readouterr()
        return stopped.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A profile, a cluster, a plan and its stages, made by the commands themselves."""
    folder = tmp_path_factory.mktemp("loop")
    (folder / "cluster.yaml").write_text(TWO_NODES)

    def run(*words):
        command = [sys.executable, "-m", "planner.cli.main", *map(str, words)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    run("profile", CNN, "--backend", "onnx", "-o", folder / "cnn.profile.json")
    run("profile", OTHER, "--backend", "onnx", "-o", folder / "other.profile.json")
    run("plan", folder / "cnn.profile.json", "-c", folder / "cluster.yaml", "-o", folder / "1.json")
    cut_in_two(folder, json.loads((folder / "1.json").read_text()))
    run("plan", folder / "cnn.profile.json", "-c", folder / "two.yaml", "-o", folder / "plan.json")
    run("emit", folder / "plan.json", "--model", CNN, "-o", folder / "parts")
    return folder


def cut_in_two(folder, whole):
    """Writes a cluster whose nodes just cannot take all of it, so that there is a cut to run."""
    (stage,) = whole["estimate"]["stages"]
    text = TWO_NODES.replace("4GiB", f"{stage['peak_bytes'] - 1}B")
    (folder / "two.yaml").write_text(text)


def cluster_with(tmp_path, old, new):
    assert old in TWO_NODES
    path = tmp_path / "cluster.yaml"
    path.write_text(TWO_NODES.replace(old, new))
    return path


def assert_one_error(outcome, *parts, code=2):
    status, _, err = outcome
    assert status == code
    assert err.count("partway: ") == 1
    assert "Traceback" not in err
    for part in parts:
        assert part in err
