"""The piecewise link model: measured times at some sizes, and straight lines between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, model_validator

from netmodel.links.cold_start import fresh_transfer_s
from netmodel.record import Record


class Knot(Record):
    """How long a message of one size takes on a warm, idle connection."""

    n_bytes: NonNegativeInt
    seconds: NonNegativeFloat
    """From the sender's first byte to the receiver's last."""


class PiecewiseLink(Record):
    """Transfer time that is linear between knots, and goes on beyond the last one as before it.

    For wires whose price per byte changes with the size of the message, as behind a token bucket
    or a cache. It does not include other traffic on the same wire; a cold connection's slow start
    is in `cold_s` alone.
    """

    model: Literal["piecewise"] = "piecewise"
    latency_s: NonNegativeFloat
    """α, one way: half of the round trip."""
    knots: tuple[Knot, ...] = Field(min_length=2)
    """By ascending size, the first of no bytes."""
    initial_window_bytes: PositiveFloat | None = None
    """What a fresh connection sends before the first acknowledgement; none if it is not known."""

    @model_validator(mode="after")
    def _knots_ascend(self) -> Self:
        if self.knots[0].n_bytes != 0:
            raise ValueError(f"the first knot is of {self.knots[0].n_bytes} bytes: it must be of 0")
        if self.knots[0].seconds < self.latency_s:
            raise ValueError(
                f"a message of no bytes takes {self.knots[0].seconds:g} s, less than the latency "
                f"of {self.latency_s:g} s"
            )
        for before, after in pairwise(self.knots):
            if not before.n_bytes < after.n_bytes:
                raise ValueError(f"knots of {before.n_bytes} and {after.n_bytes} bytes must ascend")
            if not before.seconds < after.seconds:
                raise ValueError(
                    f"{after.n_bytes} bytes take {after.seconds:g} s, and {before.n_bytes} bytes "
                    f"{before.seconds:g} s: more bytes must take longer"
                )
        return self

    @property
    def overhead_s(self) -> float:
        """Cost of a message of no bytes, beside the wire's own delay."""
        return self.knots[0].seconds - self.latency_s

    @property
    def bandwidth_bytes_per_s(self) -> float:
        """β of the longest messages, beyond the last knot but one."""
        before, last = self.knots[-2:]
        return (last.n_bytes - before.n_bytes) / (last.seconds - before.seconds)

    def transfer_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds from the sender's first byte to the receiver's last, one per message size."""
        sizes = np.array([knot.n_bytes for knot in self.knots], np.float64)
        seconds = np.array([knot.seconds for knot in self.knots])
        beyond = np.maximum(n_bytes - sizes[-1], 0.0) / self.bandwidth_bytes_per_s
        modelled: NDArray[np.float64] = np.interp(n_bytes, sizes, seconds) + beyond
        return modelled

    def busy_s(self, n_bytes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds for which a message keeps the next one from being sent: all but the latency."""
        return self.transfer_s(n_bytes) - self.latency_s

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

    def faster(self, factor: float) -> PiecewiseLink:
        """The link with so many times the bandwidth; its delay and overhead stay."""
        start_s = self.knots[0].seconds
        return self._with_times(
            [start_s + (knot.seconds - start_s) / factor for knot in self.knots], self.latency_s
        )

    def scaled(self, ratio: float) -> PiecewiseLink:
        """The link, all of whose times are so many times as long."""
        return self._with_times(
            [knot.seconds * ratio for knot in self.knots], self.latency_s * ratio
        )

    def _with_times(self, seconds: list[float], latency_s: float) -> PiecewiseLink:
        knots = tuple(
            Knot(n_bytes=knot.n_bytes, seconds=s)
            for knot, s in zip(self.knots, seconds, strict=True)
        )
        return self.model_copy(update={"knots": knots, "latency_s": latency_s})
