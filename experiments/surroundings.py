"""Surroundings of an experiment: machine, packages and commit that its rows hold for."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from planner.files import read_record, write_record
from profiler.devices import device_named
from profiler.record import Record

_PACKAGES = ("numpy", "scipy", "torch", "torchvision", "onnx", "onnxscript", "onnxruntime")
_ROOT = Path(__file__).parents[1]


class Surroundings(Record):
    """What a run of an experiment was made with and on."""

    commit: str
    """Of the repository; `unknown` outside of one."""
    changed: bool
    """Whether files differed from that commit."""
    started: str
    """Date and time, UTC."""
    python: str
    packages: dict[str, str]
    kernel: str
    processor: str
    cores: int
    """Of the machine; a process may be held to fewer."""
    memory_bytes: int
    load: float
    """Processes that wanted to run, mean over the minute before."""
    hosts: str
    """Where workers ran, and over whose network."""


class Runs(Record):
    """Surroundings of all runs that share an output folder, the first one first."""

    runs: tuple[Surroundings, ...] = ()


def keep_surroundings(path: Path, hosts: str) -> None:
    """Adds what holds here and now to the runs of a file; `hosts` says where workers run."""
    before = read_record(path, Runs).runs if path.exists() else ()
    write_record(path, Runs(runs=(*before, surroundings(hosts))))


def surroundings(hosts: str) -> Surroundings:
    """What holds here and now; `hosts` says in words where workers run."""
    return Surroundings(
        commit=_git("rev-parse", "HEAD") or "unknown",
        changed=bool(_git("status", "--porcelain", "--untracked-files=no")),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES},
        kernel=platform.platform(),
        processor=device_named("cpu").description(),
        cores=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        load=round(os.getloadavg()[0], 2),
        hosts=hosts,
    )


def _git(*words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words], cwd=_ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
