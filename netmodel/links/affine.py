"""The affine link model: a fixed cost per message and a price per byte."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat

from netmodel.links.cold_start import fresh_transfer_s
from netmodel.record import Record


class AffineLink(Record):
    """Transfer time `overhead + α + n / β` of a message of n bytes on a warm, idle connection.

    It does not include other traffic on the same wire; a cold connection's slow start is in
    `cold_s` alone.

    Source: R. W. Hockney, "The communication challenge for MPP: Intel Paragon and Meiko CS-2",
    Parallel Computing 20(3), 1994, equation 1 (start-up time plus length over bandwidth).
    """

    model: Literal["affine"] = "affine"
    bandwidth_bytes_per_s: PositiveFloat
    """β"""
    latency_s: NonNegativeFloat
    """α, one way: half of the round trip."""
    overhead_s: NonNegativeFloat = 0.0
    """Cost of sending and receiving one message, beside the wire's own delay."""
    initial_window_bytes: PositiveFloat | None = None
    """What a fresh connection sends before the first acknowledgement; none if it is not known."""

    def transfer_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds from the sender's first byte to the receiver's last, one per message size."""
        return self.overhead_s + self.latency_s + n_bytes / self.bandwidth_bytes_per_s

    def cold_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Seconds on a fresh connection, or one that was idle for long; none if not known.

        The connection is open already: its own round trip is not included.
        """
        return fresh_transfer_s(
            self.transfer_s(n_bytes),
            n_bytes,
            self.initial_window_bytes,
            round_trip_s=2 * self.latency_s,
            bytes_per_s=self.bandwidth_bytes_per_s,
        )

    def faster(self, factor: float) -> AffineLink:
        """The link with so many times the bandwidth; its delay and overhead stay."""
        faster_bytes_per_s = self.bandwidth_bytes_per_s * factor
        return self.model_copy(update={"bandwidth_bytes_per_s": faster_bytes_per_s})

    def scaled(self, ratio: float) -> AffineLink:
        """The link, all of whose times are so many times as long."""
        return self.model_copy(
            update={
                "bandwidth_bytes_per_s": self.bandwidth_bytes_per_s / ratio,
                "latency_s": self.latency_s * ratio,
                "overhead_s": self.overhead_s * ratio,
            }
        )

    def busy_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds for which a message keeps the next one from being sent: `overhead + n / β`."""
        return self.overhead_s + n_bytes / self.bandwidth_bytes_per_s
