"""What a testbed needs of a machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from experiments.testbed.cgroups.groups import memory_refusal
from experiments.testbed.cgroups.mounts import find_mounts
from experiments.testbed.namespaces import make_namespace
from experiments.testbed.tun import DEVICE

_TOOLS = {"ip": "iproute2", "nsenter": "util-linux", "sh": "a POSIX shell"}


def skip_reason() -> str | None:
    """Why no testbed can be built on this machine, or none."""
    if sys.platform != "linux":
        return f"a testbed is made of Linux namespaces, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "a testbed needs root, to make network namespaces"
    if not Path(DEVICE).exists():
        return f"{DEVICE} is missing: load the module `tun`, or give the container the device"
    for tool, package in _TOOLS.items():
        if shutil.which(tool) is None:
            return f"the command `{tool}` is missing: install {package}"
    return memory_refusal(find_mounts()) or _namespace_refusal()


def _namespace_refusal() -> str | None:
    try:
        os.close(make_namespace())
    except OSError as error:
        return f"no network namespace can be made: {error.strerror}: a container needs privileges"
    return None
