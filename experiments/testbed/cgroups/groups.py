"""Making groups in the version that the machine has, and removing them."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from experiments.testbed.cgroups.files import write
from experiments.testbed.cgroups.interface import NodeGroup
from experiments.testbed.cgroups.mounts import CgroupMounts
from experiments.testbed.cgroups.v1 import GroupV1
from experiments.testbed.cgroups.v2 import GroupV2
from experiments.testbed.errors import TestbedError

_PREFIX = "partway-"
_NAME = re.compile(_PREFIX + r"(\d+)-")
_REMOVAL_S = 5.0
"""A killed process belongs to its group until it has given everything back."""


def group_name(pid: int, serial: int, index: int) -> str:
    """A group's name: the driver's process id, which of its testbeds, and the node's position."""
    return f"{_PREFIX}{pid}-{serial:x}-{index}"


def memory_refusal(mounts: CgroupMounts) -> str | None:
    """Why memory cannot be capped here, or none."""
    root = mounts.v1.get("memory") or mounts.v2
    if root is None or ("memory" not in mounts.v1 and not _has_v2(mounts, "memory")):
        return "no memory controller is mounted, neither of cgroup v1 nor of v2"
    if not os.access(root, os.W_OK):
        return f"{root} is not writable: a container needs a cgroup mount of its own"
    return None


def make_group(mounts: CgroupMounts, name: str, *, with_cpu: bool) -> NodeGroup:
    """A new group below the root of its hierarchy.

    Raises:
        TestbedError: a controller is missing, or the kernel refuses.
    """
    group = _group(mounts, name, with_cpu=with_cpu)
    for index, folder in enumerate(group.folders):
        try:
            folder.mkdir()
        except OSError as error:
            remove_group(group.folders[:index])
            raise TestbedError(f"cannot make the group {folder}: {error.strerror}") from error
    return group


def remove_group(folders: Iterable[Path]) -> None:
    """Kills what is left in a group and removes its folders.

    Raises:
        TestbedError: a process does not end.
    """
    for folder in folders:
        give_up_s = time.monotonic() + _REMOVAL_S
        while folder.exists():
            _kill_all(folder)
            with suppress(OSError):
                folder.rmdir()
                break
            if time.monotonic() > give_up_s:
                raise TestbedError(f"{folder} cannot be removed: look at its cgroup.procs")
            time.sleep(0.005)


def sweep(mounts: CgroupMounts) -> None:
    """Removes the groups of drivers that have died without doing so."""
    for folder in _own_folders(mounts):
        match = _NAME.match(folder.name)
        if match is not None and not Path("/proc", match[1]).exists():
            # What cannot be removed blocks nobody: names are of the process id.
            _kill_all(folder)
            with suppress(OSError):
                folder.rmdir()


def _group(mounts: CgroupMounts, name: str, *, with_cpu: bool) -> NodeGroup:
    if "memory" in mounts.v1:
        if with_cpu and "cpu" not in mounts.v1:
            raise TestbedError("no cpu controller of cgroup v1 is mounted: leave out CPU limits")
        return GroupV1(mounts.v1["memory"] / name, mounts.v1["cpu"] / name if with_cpu else None)
    if mounts.v2 is None or not _has_v2(mounts, "memory"):
        raise TestbedError("no memory controller is mounted")
    if with_cpu and not _has_v2(mounts, "cpu"):
        raise TestbedError(f"{mounts.v2} has no cpu controller: leave out CPU limits")
    write(mounts.v2 / "cgroup.subtree_control", "+memory +cpu" if with_cpu else "+memory")
    return GroupV2(mounts.v2 / name)


def _has_v2(mounts: CgroupMounts, controller: str) -> bool:
    if mounts.v2 is None:
        return False
    controllers = mounts.v2 / "cgroup.controllers"
    return controllers.exists() and controller in controllers.read_text().split()


def _own_folders(mounts: CgroupMounts) -> Iterator[Path]:
    roots = {mounts.v1.get("memory"), mounts.v1.get("cpu"), mounts.v2} - {None}
    for root in roots:
        if root is not None:
            yield from root.glob(f"{_PREFIX}*")


def _kill_all(folder: Path) -> None:
    with suppress(OSError):
        for line in (folder / "cgroup.procs").read_text().split():
            # 0 stands for a process of another pid namespace.
            if int(line) > 0:
                with suppress(ProcessLookupError):
                    os.kill(int(line), signal.SIGKILL)
