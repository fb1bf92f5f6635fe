"""A node's control group in version 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.testbed.cgroups.files import field, write
from experiments.testbed.cgroups.quota import quota_of
from experiments.testbed.errors import TestbedError


@dataclass(frozen=True)
class GroupV2:
    """A folder of the unified hierarchy."""

    folder: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """See `NodeGroup.folders`."""
        return (self.folder,)

    def set_memory(self, n_bytes: int) -> None:
        """See `NodeGroup.set_memory`."""
        if (self.folder / "memory.swap.max").exists():
            write(self.folder / "memory.swap.max", "0")
        write(self.folder / "memory.max", str(n_bytes))

    def set_cpus(self, cpus: float) -> None:
        """See `NodeGroup.set_cpus`."""
        quota_us, period_us = quota_of(cpus)
        write(self.folder / "cpu.max", f"{quota_us} {period_us}")

    def peak_bytes(self) -> int:
        """See `NodeGroup.peak_bytes`."""
        peak = self.folder / "memory.peak"
        if not peak.exists():
            raise TestbedError(f"{peak} is missing: the kernel keeps no peaks before Linux 5.19")
        return int(peak.read_text())

    def oom_kills(self) -> int:
        """See `NodeGroup.oom_kills`."""
        return field(self.folder / "memory.events", "oom_kill")
