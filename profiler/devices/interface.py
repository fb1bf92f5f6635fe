"""What the profiler needs from a device."""

from __future__ import annotations

from typing import Protocol


class Device(Protocol):
    """A processor with a clock."""

    name: str

    def skip_reason(self) -> str | None:
        """Why the device cannot be used here, or none."""
        ...

    def description(self) -> str:
        """The processor's model name."""
        ...

    def now_s(self) -> float:
        """Seconds on a monotonic clock, after all work handed to the device has finished."""
        ...

    def rest(self, seconds: float) -> None:
        """Leaves the device idle for so long, as a worker is that waits for a request."""
        ...
