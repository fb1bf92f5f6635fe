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


def test_a_peak_is_seen_though_loading_lets_no_other_thread_run():
    """20 MiB are held while a call keeps Python's lock, and given back before it lets go of it."""
    program = """
import ctypes, mmap, sys
from pathlib import Path
from types import SimpleNamespace
from profiler import footprint

def load(path, threads):
    sys.setswitchinterval(60)
    with mmap.mmap(-1, 20 << 20, flags=mmap.MAP_PRIVATE) as held:
        held.write(b"h" * (20 << 20))
        ctypes.PyDLL(None).usleep(500_000)
    return SimpleNamespace(run=lambda values: values)

backend = SimpleNamespace(load=load, to_value=lambda value: value, to_array=lambda value: value)
footprint.backend_named = lambda name: backend
told = footprint._in_child("fake", 1, {"path": "stage", "received": [], "inputs": []})
print(told["loading_bytes"] - told["loaded_bytes"] >= 20 << 20)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
