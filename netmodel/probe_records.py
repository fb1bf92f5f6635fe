"""Probe: what was measured of a link in both directions, and the models fitted to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from netmodel.cluster import Link
from netmodel.links.affine import AffineLink
from netmodel.links.any_link import AnyLink
from netmodel.links.piecewise import Knot, PiecewiseLink
from netmodel.links.spread import TransferSpread
from netmodel.record import Record


class Sample(Record):
    """One message that was measured."""

    n_bytes: PositiveInt
    """Of its tensors, as hops are priced; the header is part of the overhead."""
    seconds: PositiveFloat
    """One way: its round trip, without the half of an empty one that its answer takes."""
    is_cold: bool = False
    """Whether it was the first message on a fresh connection."""


ROUGH_RESIDUAL = 0.1
"""Several times what idle links leave, which is 0.4 to 1.4 % in `experiments/link_fit`."""


class LinkFit(Record):
    """A link model fitted to samples, and how far they are from it."""

    model: AnyLink
    samples: tuple[Sample, ...]
    residuals: tuple[float, ...]
    """Of each sample: measured over modelled time, minus 1; of a cold one over the cold time."""
    rms_residual: NonNegativeFloat
    """Root mean square over the sizes of warm messages of their medians' residual: how far the
    model's form is from the wire."""
    scatter: NonNegativeFloat
    """Relative spread of single warm messages about their size's median, in the median size: 1.48
    times the median deviation, which is the standard deviation if they vary normally."""
    cold_rms_residual: NonNegativeFloat | None = None
    """As `rms_residual`, of cold messages; none if there are none."""
    cold_is_bound: bool = False
    """Whether no cold message waited, so that the initial window is at least the given one."""
    start_error_s: NonNegativeFloat
    """Standard error of the modelled time of an empty message."""
    bandwidth_error_bytes_per_s: NonNegativeFloat
    """Standard error of the bandwidth."""
    affine_rms_residual: NonNegativeFloat
    """`rms_residual` of the affine model, which another one has to beat."""
    spread: TransferSpread | None = None
    """Of single warm messages around the model's time, as far as there are enough of them: of those
    of at least 10 kB, as cuts send them, or of the three largest sizes; each size counts alike."""

    @property
    def is_rough(self) -> bool:
        """Whether the model misses what it was fitted to by far more than that of an idle link."""
        return self.rms_residual > ROUGH_RESIDUAL

    @property
    def n_warm(self) -> int:
        """Number of warm samples."""
        return sum(not sample.is_cold for sample in self.samples)

    @property
    def n_cold(self) -> int:
        """Number of cold samples."""
        return len(self.samples) - self.n_warm


class MeasuredLink(Record):
    """One direction of a wire."""

    source: str
    target: str
    fit: LinkFit

    @property
    def link(self) -> Link:
        """As a cluster holds it: to five digits, more than any measurement has."""
        spread = self.fit.spread
        if spread is not None:
            ratios = tuple(_five_digits(ratio) for ratio in spread.ratios)
            spread = TransferSpread(ratios=ratios, levels=spread.levels)
        return Link(
            source=self.source, target=self.target, model=_rounded(self.fit.model), spread=spread
        )


def _rounded(model: AnyLink) -> AnyLink:
    window = model.initial_window_bytes
    window = None if window is None else float(round(window))
    latency_s = _five_digits(model.latency_s)
    if isinstance(model, AffineLink):
        return AffineLink(
            bandwidth_bytes_per_s=_five_digits(model.bandwidth_bytes_per_s),
            latency_s=latency_s,
            overhead_s=_five_digits(model.overhead_s),
            initial_window_bytes=window,
        )
    # Rounding may not take the first knot below the latency, nor one to the one before it.
    seconds = [max(_five_digits(knot.seconds), latency_s) for knot in model.knots]
    if any(a >= b for a, b in pairwise(seconds)):
        return model.model_copy(update={"initial_window_bytes": window})
    knots = tuple(
        Knot(n_bytes=knot.n_bytes, seconds=s) for knot, s in zip(model.knots, seconds, strict=True)
    )
    return PiecewiseLink(latency_s=latency_s, knots=knots, initial_window_bytes=window)


def _five_digits(value: float) -> float:
    return float(f"{value:.5g}")


class Probe(Record):
    """A link measured in both directions, by one machine's clock.

    Only round trips are measured, so that the two machines' clocks need not agree: the delay of
    one direction is half of both directions' together. Where they differ, as on mobile networks,
    their sum is right and each of the two is not.
    """

    schema_: Literal["partway.probe/1"] = Field(alias="schema", default="partway.probe/1")
    host: str
    """Where the other end was found."""
    connects_s: tuple[PositiveFloat, ...] = Field(min_length=1)
    """To open a TCP connection: a round trip that the kernels answer alone."""
    empty_round_trips_s: tuple[PositiveFloat, ...] = Field(min_length=1)
    """Of an empty message and its empty answer, on a warm connection."""
    rounds: NonNegativeInt
    """How often each size was measured each way on a warm connection; short ones several times in
    each of them."""
    links: tuple[MeasuredLink, MeasuredLink]
    """There and back."""

    @property
    def cluster_links(self) -> tuple[Link, Link]:
        """Both directions as a cluster holds them."""
        there, back = self.links
        return there.link, back.link
