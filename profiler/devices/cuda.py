"""The first CUDA device."""

from __future__ import annotations

import time


class CudaDevice:
    """Work is queued: reading the clock waits for it."""

    name = "cuda"

    def skip_reason(self) -> str | None:
        """Why CUDA cannot be used here, or none."""
        import torch

        return None if torch.cuda.is_available() else "torch sees no CUDA device"

    def description(self) -> str:
        """The device's model name."""
        import torch

        return torch.cuda.get_device_name(0)

    def now_s(self) -> float:
        """Seconds on the system's monotonic clock, after the device's queue has drained."""
        import torch

        torch.cuda.synchronize()
        return time.perf_counter()

    def rest(self, seconds: float) -> None:
        """Sleeps once the queue has drained."""
        self.now_s()
        time.sleep(seconds)
