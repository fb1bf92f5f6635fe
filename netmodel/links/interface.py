"""What every link model answers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class LinkModel(Protocol):
    """Predicts the time of one message on a warm connection."""

    def transfer_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds from the sender's first byte to the receiver's last, one per message size."""
        ...

    def busy_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds for which each message keeps the link from the next one."""
        ...
