"""Where the control groups of this machine are mounted. Source: proc_pid_mountinfo(5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class CgroupMounts:
    """Roots of the hierarchies, as this process sees them."""

    v1: dict[str, Path] = field(default_factory=dict)
    """By controller."""
    v2: Path | None = None
    """The unified one."""


def find_mounts(text: str | None = None) -> CgroupMounts:
    """The hierarchies that a mountinfo file lists; by default this process's."""
    if text is None:
        text = _MOUNTS.read_text() if _MOUNTS.exists() else ""
    v1: dict[str, Path] = {}
    v2: Path | None = None
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        place = Path(before.split(" ")[4].replace("\\040", " "))
        kind, _, options = after.split(" ", 2)
        if kind == "cgroup2":
            v2 = v2 or place
        elif kind == "cgroup":
            v1.update(dict.fromkeys(options.split(","), place))
    return CgroupMounts(v1, v2)
