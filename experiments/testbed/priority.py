"""Priority: a process that shall run as soon as it has something to do."""

from __future__ import annotations

import os
from pathlib import Path

from experiments.testbed.cgroups.mounts import find_mounts

_REAL_TIME_PRIORITY = 10
_NICE = -20


def raise_priority() -> str:
    """Gives this process the highest priority that the machine allows; says which.

    Where real-time shares belong to cgroups, only the root of the cpu hierarchy has one when
    nothing is set up, so the process moves there.
    """
    if _is_real_time() or (_enter_root_group() and _is_real_time()):
        return "SCHED_FIFO"
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    except PermissionError:
        return "normal"
    return f"nice {_NICE}"


def _is_real_time() -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_REAL_TIME_PRIORITY))
    except OSError:
        return False
    return True


def _enter_root_group() -> bool:
    mount = find_mounts().v1.get("cpu")
    if mount is None:
        return False
    try:
        (Path(mount) / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True
