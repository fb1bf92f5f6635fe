import math

import numpy as np
import pytest

from planner.comparison import compare_outputs, holds

NAN, INF = math.nan, math.inf


def f32(*values):
    return np.array(values, dtype=np.float32)


def differences(actual, expected, *, tolerance=1e-4):
    found = compare_outputs([actual], [expected], tolerance=tolerance)
    return found.max_abs_difference, found.max_rel_difference


@pytest.mark.parametrize(
    ("actual", "expected", "absolute", "relative"),
    [
        (f32(1, 2, 4), f32(1, 2, 4), 0, 0),
        (f32(1, 2, 5), f32(1, 2, 4), 1, 0.25),
        (f32(-5, 0), f32(-4, 0), 1, 0.25),  # a negative error counts like a positive one
        (f32(0.5, 8), f32(1, 8), 0.5, 0.0625),  # relative to the tensor, not to the element
        (f32(1e-3), f32(0), pytest.approx(1e-3), INF),
        (f32(-0.0), f32(0.0), 0, 0),
        (f32(NAN, 1), f32(NAN, 1), 0, 0),
        (f32(INF, -INF), f32(INF, -INF), 0, 0),
        (f32(NAN, 1), f32(1, 1), INF, INF),
        (f32(1, 1), f32(NAN, 1), INF, INF),
        (f32(INF, 1), f32(1, 1), INF, INF),
        (f32(INF, 1), f32(-INF, 1), INF, INF),
        (f32(INF, 3), f32(INF, 2), 1, 0.5),  # infinities do not hide a finite difference
        (f32(1, 2), f32(1, 2, 3), INF, INF),
        (f32(1, 2), f32(1, 2)[None], INF, INF),
        (f32(1), np.array([1.0]), INF, INF),
        (f32(), f32(), 0, 0),
        (np.array([True, False]), np.array([True, True]), 1, 1),
        (np.array([3, 7]), np.array([3, 8]), 1, 0.125),
        (np.array([3 + 4j]), np.array([0 + 0j]), 5, INF),
        (np.array([2**63 - 1]), np.array([-(2**63)]), pytest.approx(2.0**64), pytest.approx(2)),
    ],
)
def test_the_largest_difference_by_hand(actual, expected, absolute, relative):
    assert differences(actual, expected) == (absolute, relative)


def test_the_worst_of_several_outputs_counts():
    found = compare_outputs(
        [f32(1), f32(2, 3), f32(10)], [f32(1), f32(2, 2), f32(8)], tolerance=0.1
    )
    assert (found.max_abs_difference, found.max_rel_difference) == (2, 0.5)
    assert not found.bit_identical
    assert found.tolerance == 0.1


def test_identical_bits_means_the_sign_of_zero_and_the_payload_of_nan_too():
    other_nan = np.array([0x7FC00001], dtype=np.uint32).view(np.float32)
    for actual, expected, same in [
        (f32(0.0), f32(0.0), True),
        (f32(-0.0), f32(0.0), False),
        (f32(NAN), f32(NAN), True),
        (other_nan, f32(NAN), False),
        (f32(1, 2, 3, 4).reshape(2, 2).T, f32(1, 3, 2, 4).reshape(2, 2), True),  # not strides
    ]:
        assert compare_outputs([actual], [expected], tolerance=0).bit_identical is same


def test_another_number_of_outputs_is_a_programming_error():
    with pytest.raises(ValueError, match="zip"):
        compare_outputs([f32(1)], [f32(1), f32(2)], tolerance=0)


def test_no_outputs_do_not_differ():
    assert compare_outputs([], [], tolerance=0).bit_identical


@pytest.mark.parametrize(
    ("actual", "tolerance", "expected"),
    [
        (f32(100), 0.0, True),
        (f32(100.5), 0.0, False),
        (f32(100.5), 0.01, True),
        (f32(102), 0.01, False),
        (f32(NAN), 0.01, False),
        (f32(100, 100), 0.01, False),
    ],
)
def test_a_tolerance_of_zero_asks_for_identical_bits(actual, tolerance, expected):
    assert holds(compare_outputs([actual], [f32(100)], tolerance=tolerance)) is expected
