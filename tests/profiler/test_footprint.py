import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from profiler import footprint
from profiler.errors import BackendError
from profiler.footprint import FootprintJob, measure_footprints

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")


def test_nothing_goes_on_measuring_when_the_time_is_over(tmp_path, monkeypatch):
    """The stage file is a pipe that nobody writes to: loading it takes forever."""
    path = tmp_path / "stage.onnx"
    os.mkfifo(path)
    monkeypatch.setenv("PARTWAY_TEST", str(tmp_path))
    monkeypatch.setattr(footprint, "_LIMIT_S", 3.0)
    with pytest.raises(BackendError, match="took over 3 s"):
        measure_footprints("onnx", 1, [FootprintJob(str(path), (), ())])
    end_s = time.monotonic() + 10
    while (left := started_with(f"PARTWAY_TEST={tmp_path}")) and time.monotonic() < end_s:
        time.sleep(0.05)
    assert left == []


def started_with(setting):
    """Processes that have a setting in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if setting.encode() in environment:
            found.append(path.parent.name)
    return found


def test_an_interrupted_fork_does_not_go_on_with_its_parents_work():
    program = """
from profiler import footprint
from profiler.errors import BackendError

def interrupted(*_):
    raise KeyboardInterrupt

footprint._measured = interrupted
try:
    footprint._in_child("onnx", 1, {"path": "stage.onnx"})
except BackendError as error:
    print(error)
except KeyboardInterrupt:
    print("the fork went on")
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "stage.onnx: interrupted\n"
