"""Segments: a line, or a chain of lines, through measured times, fitted by relative error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

_Floats = NDArray[np.float64]
_LEAST_SCALE = 1e-3
"""Noise below this share is not told apart from none."""
_NOISE_OF_MEDIAN = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


@dataclass(frozen=True)
class Segments:
    """Seconds of a message by its size: a start, and a price per byte between sizes."""

    borders: tuple[float, ...]
    """Sizes in bytes at which the price per byte changes, ascending."""
    start_s: float
    """Of a message of no bytes."""
    slopes_s_per_byte: tuple[float, ...]
    """One more than borders."""
    errors: tuple[float, ...]
    """Standard errors of the start and of each slope."""

    def seconds(self, n_bytes: _Floats) -> _Floats:
        """One for each size."""
        parameters = np.array((self.start_s, *self.slopes_s_per_byte))
        modelled: _Floats = _columns(n_bytes, self.borders) @ parameters
        return modelled


def fit_segments(n_bytes: _Floats, seconds: _Floats, borders: Sequence[float] = ()) -> Segments:
    """The segments with the given borders that are nearest to the measured times.

    What is made small is the error relative to the time, as the logarithm of their ratio: a plan
    is judged by relative errors, and what disturbs a message grows with the time that it takes.
    The loss grows like the square of small errors and like the size of large ones (`soft_l1`):
    other traffic and the scheduler make single messages late by several times, never early, and
    by squares these few would decide. The loss turns at the samples' own noise. All sizes count
    alike, however often each was measured.

    Args:
        n_bytes: of each sample.
        seconds: that it took.
        borders: where the price per byte may change.
    """
    columns = _columns(n_bytes, borders)
    relative = columns / seconds[:, np.newaxis]
    scales = relative.max(axis=0)
    first, _ = nnls(relative / scales, np.ones(len(seconds)))

    def errors(x: _Floats) -> _Floats:
        logs: _Floats = np.log(relative @ (x / scales))
        return logs

    def slopes(x: _Floats) -> _Floats:
        each: _Floats = relative / scales / (relative @ (x / scales))[:, np.newaxis]
        return each

    weights = weights_by_size(n_bytes)

    def soft_l1(z: _Floats) -> _Floats:
        root = np.sqrt(1 + z)
        return np.array((2 * (root - 1), 1 / root, -0.5 / root**3)) * weights

    found = least_squares(
        errors,
        np.maximum(first, 1e-9),
        jac=slopes,
        bounds=(1e-12, np.inf),
        loss=soft_l1,
        f_scale=noise_of(n_bytes, seconds),
    )
    start_s, *per_byte = (found.x / scales).tolist()
    deviations = _standard_errors(found.jac, found.cost, float(weights.sum())) / scales
    return Segments(tuple(borders), start_s, tuple(per_byte), tuple(deviations.tolist()))


def best_borders(n_bytes: _Floats, seconds: _Floats, n_borders: int) -> tuple[float, ...]:
    """Sizes among those that were measured at which a change of price explains most."""
    sizes = np.unique(n_bytes)
    medians = medians_by_size(n_bytes, seconds)

    def misfit(borders: tuple[float, ...]) -> float:
        relative = _columns(sizes, borders) / medians[:, np.newaxis]
        scales = relative.max(axis=0)
        _, norm = nnls(relative / scales, np.ones(len(sizes)))
        return float(norm)

    return min(combinations(sizes[1:-1].tolist(), n_borders), key=misfit)


def noise_of(n_bytes: _Floats, seconds: _Floats) -> float:
    """Relative spread of the samples of a size about their median: that of the median size."""
    return max(float(np.median(noise_by_size(n_bytes, seconds))), _LEAST_SCALE)


def noise_by_size(n_bytes: _Floats, seconds: _Floats) -> _Floats:
    """Relative spread of each size's samples about their median, robustly; by ascending size."""
    _, places = np.unique(n_bytes, return_inverse=True)
    medians = medians_by_size(n_bytes, seconds)
    deviations = np.abs(np.log(seconds / medians[places]))
    return _NOISE_OF_MEDIAN * medians_by_size(n_bytes, deviations)


def weights_by_size(n_bytes: _Floats) -> _Floats:
    """Of each sample, so that all sizes weigh alike: 1 for those of the rarest size."""
    _, places, counts = np.unique(n_bytes, return_inverse=True, return_counts=True)
    weights: _Floats = counts.min() / counts[places]
    return weights


def medians_by_size(n_bytes: _Floats, values: _Floats) -> _Floats:
    """Median value of each size, by ascending size."""
    return np.array([np.median(values[n_bytes == size]) for size in np.unique(n_bytes)])


def _columns(n_bytes: _Floats, borders: Sequence[float]) -> _Floats:
    """What start and slopes are multiplied by, [samples, 2 + borders]."""
    low, high = np.array((0.0, *borders)), np.array((*borders, np.inf))
    lengths = np.clip(n_bytes[:, np.newaxis] - low, 0.0, high - low)
    return np.column_stack((np.ones(len(n_bytes)), lengths))


def _standard_errors(jacobian: _Floats, cost: float, n_samples: float) -> _Floats:
    """By the usual linearisation; the Jacobian carries the weights of the loss.

    Args:
        jacobian: of the residuals, [samples, parameters].
        cost: half of the sum of the losses.
        n_samples: sum of the samples' weights, which are at most 1: repeated sizes count as if
            measured less often, so that errors are rather too large.

    Source: G. Seber and C. Wild, "Nonlinear Regression", Wiley, 1989, section 5.1.
    """
    variance = 2 * cost / max(n_samples - jacobian.shape[1], 1)
    covariance = variance * np.linalg.pinv(jacobian.T @ jacobian)
    return np.sqrt(np.maximum(np.diag(covariance), 0.0))
