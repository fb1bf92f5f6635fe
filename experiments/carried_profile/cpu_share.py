"""CPU share: commands in a control group that may use a part of one processor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PERIOD_US = 5_000
"""With the kernel's 100 ms a stage would often be done before it is ever stopped."""
_ROOT = Path("/sys/fs/cgroup/cpu")


def skip_reason() -> str | None:
    """Why processes cannot be slowed down here, or none."""
    if os.geteuid() != 0 or not (_ROOT / "cpu.cfs_quota_us").exists():
        return "a CPU share needs root and a version 1 cpu control group"
    return None


@contextmanager
def limited(share: float) -> Iterator[tuple[str, ...]]:
    """The words to put before a command so that it gets the given share of one processor."""
    group = _ROOT / f"partway-{os.getpid()}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(int(share * _PERIOD_US)))
        yield ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh")
    finally:
        group.rmdir()
