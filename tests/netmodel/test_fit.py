"""Fits against wires that are known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmodel.errors import FitError
from netmodel.fit import fit_link
from netmodel.links.affine import AffineLink
from netmodel.links.cold_start import slow_start_stall_s
from netmodel.links.piecewise import Knot, PiecewiseLink
from netmodel.probe_records import Sample

SIZES = tuple(np.geomspace(64, 4e6, 13).round().astype(int).tolist())
WIRE = AffineLink(bandwidth_bytes_per_s=1.25e6, latency_s=0.02, overhead_s=0.0005)


def samples_of(model, *, repeats=12, noise=0.0, late=0.0, seed=0, is_cold=False, sizes=SIZES):
    """Messages over a wire; a share of them is late by ten times."""
    random = np.random.default_rng(seed)
    times_s = model.cold_s(np.array(sizes)) if is_cold else model.transfer_s(np.array(sizes))
    return [
        Sample(
            n_bytes=n_bytes,
            seconds=seconds
            * np.exp(noise * random.standard_normal())
            * (11 if random.random() < late else 1),
            is_cold=is_cold,
        )
        for n_bytes, seconds in zip(sizes, times_s.tolist(), strict=True)
        for _ in range(repeats)
    ]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.floats(1e5, 1e9), st.floats(1e-5, 0.1), st.floats(1e-5, 1e-3), st.integers(4_000, 60_000))
def test_a_line_without_noise_is_found_exactly(bandwidth, latency_s, overhead_s, window):
    wire = AffineLink(
        bandwidth_bytes_per_s=bandwidth,
        latency_s=latency_s,
        overhead_s=overhead_s,
        initial_window_bytes=window,
    )
    fit = fit_link([*samples_of(wire), *samples_of(wire, is_cold=True)], latency_s=latency_s)
    assert fit.model.model == "affine"
    assert fit.model.bandwidth_bytes_per_s == pytest.approx(bandwidth, rel=1e-3)
    assert fit.model.overhead_s + latency_s == pytest.approx(overhead_s + latency_s, rel=1e-3)
    assert fit.rms_residual < 1e-3
    assert fit.cold_rms_residual < 0.05
    cold_s, warm_s = wire.cold_s(np.array(SIZES)), wire.transfer_s(np.array(SIZES))
    if np.any(cold_s > 1.1 * warm_s):
        assert not fit.cold_is_bound


def test_late_messages_do_not_move_the_line():
    fit = fit_link(samples_of(WIRE, noise=0.02, late=0.1, repeats=16), latency_s=0.02)
    assert fit.model.bandwidth_bytes_per_s == pytest.approx(1.25e6, rel=0.02)
    assert fit.model.transfer_s(np.array([0]))[0] == pytest.approx(0.0205, rel=0.02)
    assert fit.rms_residual < 0.02
    assert 0.01 < fit.scatter < 0.04
    assert fit.spread.levels == (0.1, 0.5, 0.9, 0.99)
    assert fit.spread.ratios[1] == pytest.approx(1.0, rel=0.02)
    assert fit.spread.ratios[-1] > 10


def test_standard_errors_cover_the_truth():
    misses = []
    for seed in range(20):
        fit = fit_link(samples_of(WIRE, noise=0.05, seed=seed), latency_s=0.02)
        off = fit.model.bandwidth_bytes_per_s - 1.25e6
        misses.append(abs(off) / fit.bandwidth_error_bytes_per_s)
    assert 0.2 < np.median(misses) < 2.0


def test_a_kink_is_found_where_the_line_is_off():
    wire = PiecewiseLink(
        latency_s=0.001,
        knots=(
            Knot(n_bytes=0, seconds=0.0012),
            Knot(n_bytes=SIZES[8], seconds=0.003),
            Knot(n_bytes=SIZES[-1], seconds=0.6),
        ),
    )
    fit = fit_link(samples_of(wire, noise=0.01), latency_s=0.001)
    assert fit.model.model == "piecewise"
    assert fit.affine_rms_residual > 0.1
    assert fit.rms_residual < 0.01
    sizes = np.array([500, SIZES[8], 10**6, 10**7])
    assert fit.model.transfer_s(sizes) == pytest.approx(wire.transfer_s(sizes), rel=0.02)


SHORT, LARGE = SIZES[:6], SIZES[6:]
"""Below and above what a cut sends at least."""


def as_a_probe_sends(model, *, short_noise=0.12):
    """Short messages scatter, and are sent six times as often as large ones, which do not."""
    return [
        *samples_of(model, repeats=96, noise=short_noise, sizes=SHORT),
        *samples_of(model, repeats=16, noise=0.001, sizes=LARGE),
    ]


def test_the_spread_is_that_of_messages_as_cuts_send_them():
    fit = fit_link(as_a_probe_sends(WIRE), latency_s=0.02)
    assert fit.spread.levels == (0.1, 0.5, 0.9, 0.99)
    assert fit.spread.ratios == pytest.approx([1.0] * 4, abs=0.01)


def test_the_spread_of_small_messages_is_that_of_the_largest():
    sizes = SIZES[:7]
    noisy = samples_of(WIRE, repeats=96, noise=0.3, sizes=sizes[:4])
    fit = fit_link([*noisy, *samples_of(WIRE, noise=0.001, sizes=sizes[4:])], latency_s=0.02)
    assert fit.spread.levels == (0.1, 0.5, 0.9)
    assert fit.spread.ratios == pytest.approx([1.0] * 3, abs=0.05)


def test_a_size_that_is_sent_more_often_does_not_count_more():
    bent = PiecewiseLink(
        latency_s=0.001,
        knots=(
            Knot(n_bytes=0, seconds=0.001),
            Knot(n_bytes=SIZES[5], seconds=0.00107),
            Knot(n_bytes=SIZES[-1], seconds=0.03),
        ),
    )
    each = samples_of(bent, noise=0.001)
    short = [s for s in each if s.n_bytes in SHORT]
    once, more = (fit_link(s, latency_s=0.001) for s in (each, [*each, *short * 9]))
    assert once.model.model == more.model.model == "affine"
    assert once.affine_rms_residual > 0.005
    sizes = np.array(SIZES)
    assert more.model.transfer_s(sizes) == pytest.approx(once.model.transfer_s(sizes), rel=1e-4)
    assert more.scatter == pytest.approx(once.scatter, rel=1e-6)
    assert more.spread.ratios == pytest.approx(once.spread.ratios, rel=1e-3)
    assert more.bandwidth_error_bytes_per_s == pytest.approx(
        once.bandwidth_error_bytes_per_s, rel=0.3
    )


def test_a_kink_among_quiet_messages_is_seen_beside_noisy_ones():
    wire = PiecewiseLink(
        latency_s=0.001,
        knots=(
            Knot(n_bytes=0, seconds=0.0012),
            Knot(n_bytes=SIZES[9], seconds=0.003),
            Knot(n_bytes=SIZES[-1], seconds=0.035),
        ),
    )
    fit = fit_link(as_a_probe_sends(wire), latency_s=0.001)
    assert 0.02 < fit.affine_rms_residual < 0.045
    assert fit.model.model == "piecewise"


def test_noise_alone_asks_for_no_kink():
    fits = [fit_link(samples_of(WIRE, noise=0.1, seed=s), latency_s=0.02) for s in range(10)]
    assert sum(fit.model.model == "piecewise" for fit in fits) <= 1


def test_a_latency_above_what_an_empty_message_takes_leaves_no_overhead():
    fit = fit_link(samples_of(WIRE), latency_s=0.05)
    assert fit.model.overhead_s == 0
    assert fit.model.latency_s == pytest.approx(0.0205, rel=1e-3)


def test_cold_messages_that_never_wait_give_a_bound():
    quick = WIRE.model_copy(update={"initial_window_bytes": 10**9})
    fit = fit_link([*samples_of(WIRE), *samples_of(quick, is_cold=True)], latency_s=0.02)
    assert fit.cold_is_bound
    assert fit.model.initial_window_bytes == pytest.approx(2 * 0.02 * 1.25e6, rel=0.1)


def test_two_sizes_are_too_few():
    samples = [s for s in samples_of(WIRE) if s.n_bytes in SIZES[:2]]
    with pytest.raises(FitError, match="2 sizes were measured"):
        fit_link(samples, latency_s=0.0)


def test_slow_start_waits_once_per_window_until_the_wire_is_full():
    # 1000 bytes/s and a round trip of 1 s: windows of 100, 200, 400 and 800 bytes wait 0.9, 0.8,
    # 0.6 and 0.2 s for their acknowledgement, if anything is left; one of 1600 does not wait.
    sizes = np.array([100, 101, 300, 301, 701, 1501, 10**6])
    stall_s = slow_start_stall_s(sizes, 100.0, round_trip_s=1.0, bytes_per_s=1000.0)
    assert stall_s == pytest.approx([0, 0.9, 0.9, 1.7, 2.3, 2.5, 2.5])
