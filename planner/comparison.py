"""How far one set of output tensors is from another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.manifest import Verification

Array = NDArray[Any]


def compare_outputs(
    actual: Sequence[Array], expected: Sequence[Array], *, tolerance: float
) -> Verification:
    """Differences between outputs and what they should be.

    The relative difference of a tensor is its largest absolute difference over the largest
    magnitude of the expected one. Values that are NaN or infinite in both count as equal, in one
    of them as infinitely different; so does another shape or type.

    Args:
        actual: output tensors.
        expected: what they should be, in the same order.
        tolerance: limit to note in the result.
    """
    pairs = list(zip(actual, expected, strict=True))
    differences = [_difference(a, b) for a, b in pairs]
    return Verification(
        bit_identical=all(_same_bits(a, b) for a, b in pairs),
        max_abs_difference=max((d for d, _ in differences), default=0.0),
        max_rel_difference=max((d for _, d in differences), default=0.0),
        tolerance=tolerance,
    )


def holds(verification: Verification) -> bool:
    """Whether the difference is within the tolerance, which is identical bits if it is 0."""
    if verification.tolerance == 0:
        return verification.bit_identical
    return verification.max_rel_difference <= verification.tolerance


def _same_bits(actual: Array, expected: Array) -> bool:
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return False
    return np.ascontiguousarray(actual).tobytes() == np.ascontiguousarray(expected).tobytes()


def _difference(actual: Array, expected: Array) -> tuple[float, float]:
    """Largest absolute and relative difference of two tensors."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return np.inf, np.inf
    if actual.size == 0 or _same_bits(actual, expected):
        return 0.0, 0.0
    wide = np.complex128 if np.iscomplexobj(expected) else np.float64
    a, b = actual.astype(wide), expected.astype(wide)
    with np.errstate(invalid="ignore"):
        gaps = np.atleast_1d(np.abs(a - b))
    gaps[np.atleast_1d((a == b) | (np.isnan(a) & np.isnan(b)))] = 0.0
    gaps[np.isnan(gaps)] = np.inf
    largest = float(gaps.max())
    magnitude = float(np.abs(b[np.isfinite(b)]).max(initial=0.0))
    if largest == 0:
        return 0.0, 0.0
    return largest, largest / magnitude if magnitude else np.inf
