"""Network namespaces without names: they vanish with the last process that uses them.

Python has `os.setns` and `os.unshare` only since 3.12, so the C library is asked.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_CLONE_NEWNET = 0x40000000
_OWN = "/proc/thread-self/ns/net"


def make_namespace() -> int:
    """A descriptor of a new network namespace with nothing but a loopback that is down.

    Raises:
        OSError: the kernel refuses.
    """
    with _return_afterwards():
        _call("unshare", _CLONE_NEWNET)
        return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def inside_namespace(descriptor: int) -> Iterator[None]:
    """New sockets and devices of this thread, and its /proc/sys/net, are those of the namespace.

    Raises:
        OSError: the kernel refuses.
    """
    with _return_afterwards():
        _call("setns", descriptor, _CLONE_NEWNET)
        yield


@contextmanager
def _return_afterwards() -> Iterator[None]:
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        try:
            _call("setns", own, _CLONE_NEWNET)
        finally:
            os.close(own)


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
