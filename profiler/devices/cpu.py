"""The processor that runs this process."""

from __future__ import annotations

import platform
import time
from pathlib import Path


class CpuDevice:
    """Work is finished when its call returns."""

    name = "cpu"

    def skip_reason(self) -> str | None:
        """Always usable."""
        return None

    def description(self) -> str:
        """The processor's model name."""
        cpuinfo = Path("/proc/cpuinfo")
        if cpuinfo.exists():
            for line in cpuinfo.read_text().splitlines():
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
        return platform.processor() or platform.machine()

    def now_s(self) -> float:
        """Seconds on the system's monotonic clock."""
        return time.perf_counter()

    def rest(self, seconds: float) -> None:
        """Sleeps."""
        time.sleep(seconds)
