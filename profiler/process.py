"""The process that executes a model: its allocator, its memory, its end. Needs ctypes only."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_GIB, _MIB = 2**30, 2**20
_PR_SET_PDEATHSIG, _SIGKILL = 1, 9


def pin_allocator() -> str:
    """Tells glibc to keep freed memory, so that page faults do not wander between blocks.

    Returns `pinned`, or `default` where the allocator is not glibc's. Call it after
    loading and before running: what it keeps counts against the process. Source: mallopt(3).
    """
    if not sys.platform.startswith("linux"):
        return "default"
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return "default"
    settings = (
        (_M_MMAP_THRESHOLD, _GIB),
        (_M_TRIM_THRESHOLD, 2 * _GIB - 1),
        (_M_TOP_PAD, 64 * _MIB),
    )
    return "pinned" if all([mallopt(name, value) for name, value in settings]) else "default"


def die_with_parent() -> None:
    """Asks Linux to kill this process when its parent dies, also while it is stopped.

    Elsewhere it does nothing. Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def peak_anonymous_bytes() -> int:
    """Most anonymous memory this process has had, or 0 where the system does not tell.

    That is the high-water mark of resident memory less what is backed by files or shared, which
    the kernel can drop and does not count against a node's cap. The mark is of the past and the
    rest of now, so that it is too low by what file pages have grown since the mark, which is little
    once everything is loaded. Source: proc_pid_status(5).
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    kib = {
        name: int(fields.get(name, "0 kB").split()[0]) for name in ("VmHWM", "RssFile", "RssShmem")
    }
    return (kib["VmHWM"] - kib["RssFile"] - kib["RssShmem"]) * 1024
