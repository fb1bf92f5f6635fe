"""The process that executes a model: its allocator, its memory, its end. Needs no package."""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_GIB, _MIB, _KIB = 2**30, 2**20, 2**10
_PR_SET_PDEATHSIG, _SIGKILL = 1, 9
_LOOK_EVERY_S = 0.001


def thrifty_allocator() -> str:
    """Tells glibc to return freed memory at once: for loading, which copies weights about.

    Returns `thrifty`, or `default` where the allocator is not glibc's. Source: mallopt(3).
    """
    settings = ((_M_MMAP_THRESHOLD, 64 * _KIB), (_M_TRIM_THRESHOLD, 128 * _KIB), (_M_TOP_PAD, 0))
    return "thrifty" if _set_allocator(settings) else "default"


def pin_allocator() -> str:
    """Tells glibc to keep freed memory, so that page faults do not wander between blocks.

    Returns `pinned`, or `default` where the allocator is not glibc's. Call it after
    loading and before running: what it keeps counts against the process. Source: mallopt(3).
    """
    settings = (
        (_M_MMAP_THRESHOLD, _GIB),
        (_M_TRIM_THRESHOLD, 2 * _GIB - 1),
        (_M_TOP_PAD, 64 * _MIB),
    )
    return "pinned" if _set_allocator(settings) else "default"


def return_freed_memory() -> None:
    """Gives the system what has been freed between memory in use. Source: malloc_trim(3)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def hold_mapped(path: Path) -> None:
    """Turns what is mapped of a file, privately and to be written, into memory of the process.

    A page of a file counts for no process until it is short of memory; then the kernel drops the
    page, and reads it from the disk again at the next request. A written page of a private mapping
    is the process's own. Where the system does not tell its mappings, nothing is done.
    Source: proc_pid_maps(5), mmap(2), MAP_PRIVATE.
    """
    maps = Path("/proc/self/maps")
    for line in maps.read_text().splitlines() if maps.exists() else ():
        addresses, access, _, _, _, *name = line.split(maxsplit=5)
        if access == "rw-p" and name == [str(path)]:
            start, stop = (int(address, 16) for address in addresses.split("-"))
            for address in range(start, stop, mmap.PAGESIZE):
                byte = ctypes.c_char.from_address(address)
                byte.value = byte.value


def _set_allocator(settings: Sequence[tuple[int, int]]) -> bool:
    """Whether the allocator is glibc's and takes all of the settings."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return all([mallopt(name, value) for name, value in settings])


def die_with_parent() -> None:
    """Asks Linux to kill this process when its parent dies, also while it is stopped.

    Elsewhere it does nothing. Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def peak_anonymous_bytes() -> int:
    """Most memory that counts against a node's cap, since the start or the last `reset_peak`.

    That is the high-water mark of resident memory less what is backed by files or shared, which
    the kernel can drop, plus the page tables; 0 where the system does not tell. The mark is of the
    past and the rest of now: where files' pages come or go, as while a stage loads, it is wrong by
    them, and `LoadingPeak` is right. Source: proc_pid_status(5).
    """
    kib = _status_kib()
    return (kib["VmHWM"] - kib["RssFile"] - kib["RssShmem"] + kib["VmPTE"]) * 1024 if kib else 0


class LoadingPeak:
    """Most memory that counts against a node's cap while something loads: looks at it all the time.

    What is taken and given back between two looks is missed. And it looks in a thread of its own:
    code that holds Python's lock all the while, as some versions of onnxruntime do while they load
    a model, leaves it one look at the end. Only another process can see such a peak.
    """

    def __init__(self) -> None:
        self.n_bytes = 0
        """So far; 0 where the system does not tell."""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> LoadingPeak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        looking = True
        while looking:
            looking = not self._done.wait(_LOOK_EVERY_S)
            self.n_bytes = max(self.n_bytes, anonymous_bytes())


def anonymous_bytes(process: int | str = "self") -> int:
    """Memory that counts against a node's cap at this moment; 0 where the system does not tell.

    Args:
        process: its number, for another one than this.
    """
    kib = _status_kib(process)
    return (kib["RssAnon"] + kib["VmPTE"]) * 1024 if kib else 0


def reset_peak() -> None:
    """Makes `peak_anonymous_bytes` start again from now. Source: proc_pid_clear_refs(5)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status_kib(process: int | str = "self") -> dict[str, int]:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return {}
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    names = ("VmHWM", "RssAnon", "RssFile", "RssShmem", "VmPTE")
    return {name: int(fields.get(name, "0 kB").split()[0]) for name in names}
