"""What every link model answers."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


class LinkModel(Protocol):
    """Predicts the time of one message."""

    @property
    def bandwidth_bytes_per_s(self) -> float:
        """What the longest messages are sent at."""
        ...

    @property
    def latency_s(self) -> float:
        """Delay of the wire, one way."""
        ...

    @property
    def overhead_s(self) -> float:
        """What a message of no bytes costs beside it."""
        ...

    def transfer_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds on a warm connection, from the sender's first byte to the receiver's last."""
        ...

    def busy_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds for which each message keeps the link from the next one."""
        ...

    def cold_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Seconds on a fresh connection; none if its beginning is not known."""
        ...

    def faster(self, factor: float) -> Self:
        """The link with so many times the bandwidth; its delay and overhead stay."""
        ...

    def scaled(self, ratio: float) -> Self:
        """The link, all of whose times are so many times as long."""
        ...
