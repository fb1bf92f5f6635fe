from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.precision import (
    half_width,
    median_interval,
    noise_of,
    worst_share_half_width,
)

times_s = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=40)


def test_equal_samples_have_no_noise():
    assert noise_of([3.0] * 10) == 0


def test_fewer_than_two_pairs_tell_no_noise():
    assert noise_of([1.0, 2.0, 3.0]) == 0


def test_three_equal_pairs_differ_however_they_are_halved():
    """One half has two or three of the tens, so its median is 10, and the other's is 12."""
    assert noise_of([10.0, 12.0] * 3) == pytest.approx(2 / 11)


def test_noise_is_the_median_over_the_lots():
    """Four pairs: 10 against 12 in ten of the sixteen lots, and 11 against 11 in six."""
    assert noise_of([10.0, 12.0] * 4) == pytest.approx(2 / 11)


def test_noise_is_zero_where_most_lots_show_no_difference():
    """Only the first of three pairs differs, and two equal values outvote it in both halves."""
    assert noise_of([10.0, 12.0, 11.0, 11.0, 11.0, 11.0]) == 0


def test_an_odd_last_sample_has_no_partner_and_does_not_count():
    assert noise_of([10.0, 12.0] * 3 + [90.0]) == noise_of([10.0, 12.0] * 3)


def test_a_drift_that_hits_both_of_a_pair_is_no_noise():
    assert noise_of([10.0, 10.0, 20.0, 20.0, 30.0, 30.0]) == 0


def test_a_single_split_by_luck_is_zero_where_the_noise_is_not():
    """Odd and even samples have one median; most other halves of the same runs do not."""
    samples = [10.0, 12.0, 12.0, 10.0] * 2
    assert np.median(samples[::2]) == np.median(samples[1::2])
    assert noise_of(samples) == pytest.approx(2 / 11)


@settings(deadline=None)
@given(times_s, st.floats(0.5, 2.0))
def test_noise_has_no_unit(samples, factor):
    scaled = [sample * factor for sample in samples]
    assert noise_of(scaled) == pytest.approx(noise_of(samples), rel=1e-6, abs=1e-9)


def test_six_samples_are_the_fewest_that_hold_the_median_with_95_percent():
    assert median_interval([5, 1, 4, 2, 6, 3], 0.95) == (1, 6)


def test_nine_samples_hold_the_median_between_the_second_and_the_eighth():
    """1 - 2·(1 + 9)/512 = 0.961, and one further 1 - 2·(1 + 9 + 36)/512 = 0.82."""
    assert median_interval(range(9), 0.95) == (1, 7)


@settings(deadline=None)
@given(times_s, st.floats(0.5, 0.99))
def test_the_interval_is_the_narrowest_of_its_kind_that_has_the_confidence(samples, confidence):
    ordered, n = sorted(samples), len(samples)

    def coverage(rank):
        return 1 - 2 * sum(comb(n, k) for k in range(rank + 1)) / 2**n

    enough = [rank for rank in range(max(n // 2, 1)) if coverage(rank) >= confidence]
    rank = max(enough, default=0)
    assert median_interval(samples, confidence) == (ordered[rank], ordered[n - 1 - rank])


def test_random_samples_hold_the_true_median_as_often_as_promised():
    rng = np.random.default_rng(1)
    intervals = [median_interval(rng.exponential(1.0, 21), 0.95) for _ in range(2000)]
    held = np.mean([low <= np.log(2) <= high for low, high in intervals])
    assert held >= 0.95


def test_a_half_width_is_to_the_farther_end():
    assert half_width([1, 5, 5, 5, 5, 6], 0.95) == 4


def test_the_worst_share_is_in_parts_of_the_round_so_that_slow_rounds_cancel():
    rounds = np.array([[1.0, 3.0], [2.0, 6.0], [10.0, 30.0], [1.0, 3.0], [1.0, 3.0], [2.0, 2.0]])
    assert worst_share_half_width(rounds, 0.95) == pytest.approx(0.25)
