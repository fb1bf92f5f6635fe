"""Fit: samples of a link in, its model with residuals and errors out. Numbers only, no clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netmodel.cold_fit import fit_cold_start
from netmodel.errors import FitError
from netmodel.links.affine import AffineLink
from netmodel.links.any_link import AnyLink
from netmodel.links.piecewise import Knot, PiecewiseLink
from netmodel.links.spread import TransferSpread
from netmodel.probe_records import LinkFit, Sample
from netmodel.segments import (
    Segments,
    best_borders,
    fit_segments,
    medians_by_size,
    noise_by_size,
    noise_of,
    weights_by_size,
)

GOOD_RMS = 0.02
"""An affine model this near to the medians is kept, whatever another one would gain."""
LEAST_SIZES = 3
_MOST_SEGMENTS = 3
_LEAST_MISFIT = 1e-4
_ERROR_OF_MEDIAN = 1.2533
"""Standard error of a median of n values, times √n, over their standard deviation."""
_LEVELS = {0.1: 10, 0.5: 2, 0.9: 10, 0.99: 100}
"""Quantiles of the spread, and how many samples each needs."""
_CUT_BYTES = 10_000
"""Cuts rarely send less. The scheduler disturbs shorter messages by much more of their time."""

_Floats = NDArray[np.float64]


def fit_link(samples: Sequence[Sample], *, latency_s: float) -> LinkFit:
    """Fits a link model to what was measured.

    The warm samples are fitted by a line first. Only if its root mean square over the sizes'
    medians is above `GOOD_RMS`, and above twice what the noise of the medians makes of it, two and
    three segments are tried, and taken if Schwarz's criterion says that they explain more than
    their further parameters would by chance. The cold samples then give the initial window, with
    the warm model fixed.

    Args:
        samples: of one direction, warm ones of at least `LEAST_SIZES` sizes.
        latency_s: the wire's delay, one way; of the fitted time of an empty message the rest is
            overhead.

    Raises:
        FitError: too few sizes.

    Source: G. Schwarz, "Estimating the Dimension of a Model", Annals of Statistics 6(2), 1978.
    """
    warm_bytes, warm_s = _arrays(samples, is_cold=False)
    if len(np.unique(warm_bytes)) < LEAST_SIZES:
        raise FitError(
            f"{len(np.unique(warm_bytes))} sizes were measured on a warm connection: a link model "
            f"needs at least {LEAST_SIZES}"
        )
    line = fit_segments(warm_bytes, warm_s)
    segments = _enough_segments(line, warm_bytes, warm_s)
    model = _link_model(segments, warm_bytes, latency_s)
    cold_bytes, cold_s = _arrays(samples, is_cold=True)
    cold = fit_cold_start(model, cold_bytes, cold_s) if len(cold_s) else None
    if cold is not None:
        model = model.model_copy(update={"initial_window_bytes": cold.window_bytes})
    ratios = _ratios(model, samples)
    warm_ratios, cold_ratios = _split(samples, ratios)
    return LinkFit(
        model=model,
        samples=tuple(samples),
        residuals=tuple((ratios - 1).tolist()),
        rms_residual=_rms(medians_by_size(warm_bytes, warm_ratios) - 1),
        scatter=noise_of(warm_bytes, warm_s),
        cold_rms_residual=(
            None if cold is None else _rms(medians_by_size(cold_bytes, cold_ratios) - 1)
        ),
        cold_is_bound=cold is not None and cold.is_bound,
        start_error_s=segments.errors[0],
        bandwidth_error_bytes_per_s=segments.errors[-1] / segments.slopes_s_per_byte[-1] ** 2,
        affine_rms_residual=_rms(_median_ratios(line, warm_bytes, warm_s) - 1),
        spread=_spread(warm_bytes, warm_ratios),
    )


def _enough_segments(line: Segments, n_bytes: _Floats, seconds: _Floats) -> Segments:
    """The fewest segments that the residuals ask for."""
    chosen = line
    n_sizes = len(np.unique(n_bytes))
    _, counts = np.unique(n_bytes, return_counts=True)
    # Of a normal distribution's median: with many borders to choose from, noise looks like kinks.
    chance = _rms(_ERROR_OF_MEDIAN * noise_by_size(n_bytes, seconds) / np.sqrt(counts))
    if _rms(_median_ratios(line, n_bytes, seconds) - 1) <= max(GOOD_RMS, 2 * chance):
        return line
    for n_borders in range(1, _MOST_SEGMENTS):
        # Each segment needs a size of its own beside its two ends.
        if n_sizes < 2 * n_borders + LEAST_SIZES:
            break
        borders = best_borders(n_bytes, seconds, n_borders)
        tried = fit_segments(n_bytes, seconds, borders)
        if _criterion(tried, n_bytes, seconds) < _criterion(chosen, n_bytes, seconds):
            chosen = tried
    return chosen


def _criterion(segments: Segments, n_bytes: _Floats, seconds: _Floats) -> float:
    """Schwarz's criterion over the sizes' medians; less is better."""
    errors = np.log(_median_ratios(segments, n_bytes, seconds))
    n_parameters = 2 + 2 * len(segments.borders)
    misfit = max(float(np.mean(errors**2)), _LEAST_MISFIT**2)
    return len(errors) * float(np.log(misfit)) + n_parameters * float(np.log(len(errors)))


def _median_ratios(segments: Segments, n_bytes: _Floats, seconds: _Floats) -> _Floats:
    return medians_by_size(n_bytes, seconds / segments.seconds(n_bytes))


def _link_model(segments: Segments, n_bytes: _Floats, latency_s: float) -> AnyLink:
    latency_s = min(latency_s, segments.start_s)
    if not segments.borders:
        return AffineLink(
            bandwidth_bytes_per_s=1 / segments.slopes_s_per_byte[0],
            latency_s=latency_s,
            overhead_s=segments.start_s - latency_s,
        )
    sizes = np.array((0.0, *segments.borders, n_bytes.max()))
    times = zip(sizes.tolist(), segments.seconds(sizes).tolist(), strict=True)
    knots = tuple(Knot(n_bytes=int(size), seconds=seconds) for size, seconds in times)
    return PiecewiseLink(latency_s=latency_s, knots=knots)


def _ratios(model: AnyLink, samples: Sequence[Sample]) -> _Floats:
    """Measured over modelled time of each sample."""
    sizes = np.array([sample.n_bytes for sample in samples], np.int64)
    seconds = np.array([sample.seconds for sample in samples])
    is_cold = np.array([sample.is_cold for sample in samples])
    cold_s = model.cold_s(sizes)
    modelled = model.transfer_s(sizes)
    expected: _Floats = modelled if cold_s is None else np.where(is_cold, cold_s, modelled)
    return seconds / expected


def _split(samples: Sequence[Sample], values: _Floats) -> tuple[_Floats, _Floats]:
    """Those of the warm and those of the cold samples."""
    is_cold = np.array([sample.is_cold for sample in samples])
    return values[~is_cold], values[is_cold]


def _arrays(samples: Sequence[Sample], *, is_cold: bool) -> tuple[_Floats, _Floats]:
    chosen = [sample for sample in samples if sample.is_cold == is_cold]
    sizes = np.array([sample.n_bytes for sample in chosen], np.float64)
    return sizes, np.array([sample.seconds for sample in chosen], np.float64)


def _spread(n_bytes: _Floats, ratios: _Floats) -> TransferSpread | None:
    """Of messages as cuts send them, each size counting alike."""
    least = min(_CUT_BYTES, np.unique(n_bytes)[-LEAST_SIZES])
    n_bytes, ratios = n_bytes[n_bytes >= least], ratios[n_bytes >= least]
    weights = weights_by_size(n_bytes)
    # Repeated sizes count once: one late message must not be what one in a hundred takes.
    levels = tuple(level for level, needed in _LEVELS.items() if weights.sum() >= needed)
    if len(levels) < 2:
        return None
    quantiles = np.quantile(ratios, levels, weights=weights, method="inverted_cdf")
    return TransferSpread(levels=levels, ratios=tuple(quantiles.tolist()))


def _rms(values: _Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
