"""A node's control group in version 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.testbed.cgroups.files import field, write
from experiments.testbed.cgroups.quota import quota_of
from experiments.testbed.errors import TestbedError


@dataclass(frozen=True)
class GroupV1:
    """A folder in the memory hierarchy, and one in the cpu hierarchy if there is a quota."""

    memory: Path
    cpu: Path | None

    @property
    def folders(self) -> tuple[Path, ...]:
        """See `NodeGroup.folders`."""
        return (self.memory,) if self.cpu is None else (self.memory, self.cpu)

    def set_memory(self, n_bytes: int) -> None:
        """See `NodeGroup.set_memory`; the peak is counted anew from here."""
        limits = [self.memory / "memory.limit_in_bytes"]
        with_swap = self.memory / "memory.memsw.limit_in_bytes"
        if with_swap.exists():
            limits.append(with_swap)
        else:
            write(self.memory / "memory.swappiness", "0")
        # Memory with swap may never be capped lower than memory alone.
        if n_bytes > int(limits[-1].read_text()):
            limits.reverse()
        for limit in limits:
            write(limit, str(n_bytes))
        write(self.memory / "memory.max_usage_in_bytes", "0")

    def set_cpus(self, cpus: float) -> None:
        """See `NodeGroup.set_cpus`."""
        if self.cpu is None:
            raise TestbedError(f"{self.memory} has no folder beside it in a cpu hierarchy")
        quota_us, period_us = quota_of(cpus)
        write(self.cpu / "cpu.cfs_period_us", str(period_us))
        write(self.cpu / "cpu.cfs_quota_us", str(quota_us))

    def peak_bytes(self) -> int:
        """See `NodeGroup.peak_bytes`."""
        return int((self.memory / "memory.max_usage_in_bytes").read_text())

    def oom_kills(self) -> int:
        """See `NodeGroup.oom_kills`."""
        return field(self.memory / "memory.oom_control", "oom_kill")
