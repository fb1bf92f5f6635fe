"""Pictures and reports where there is no screen, or a drawing backend that does not exist."""

import json
import os
import subprocess
import sys

import pytest

from planner.files import write_record
from tests.planner.cli.conftest import ROOT, TWO_NODES
from tests.planner.test_records import two_block_profile

ALL_IN_ONE_PROCESS = """
import json, sys
from planner.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["partway", *words]
    try:
        main.main()
    except SystemExit as stopped:
        assert not stopped.code, (words, stopped.code)
"""
AXES = ("parts", "granularity", "bandwidth", "memory")


@pytest.mark.parametrize("backend", [None, "tkagg", "no-such-backend"])
def test_every_picture_and_the_report_are_made_without_a_display(tmp_path, backend):
    write_record(tmp_path / "profile.json", two_block_profile())
    (tmp_path / "cluster.yaml").write_text(TWO_NODES)
    inputs = [f"{tmp_path}/profile.json", "--cluster", f"{tmp_path}/cluster.yaml"]
    plan, page = f"{tmp_path}/plan.json", f"{tmp_path}/report.html"
    commands = [["sweep", *inputs, "--over", axis, "-o", f"{tmp_path}/out"] for axis in AXES]
    commands += [
        ["plan", *inputs, "-o", plan],
        ["report", plan, "--profile", inputs[0], "--time-limit", "5s", "-o", page],
    ]
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
    surroundings = {name: value for name, value in os.environ.items() if name not in screens}
    done = subprocess.run(
        [sys.executable, "-c", ALL_IN_ONE_PROCESS, json.dumps(commands)],
        cwd=ROOT,
        env=surroundings | ({} if backend is None else {"MPLBACKEND": backend}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for axis in AXES:
        assert (tmp_path / "out" / f"{axis}.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
