"""The picture of a fitted link."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from netmodel.fit import fit_link
from netmodel.links.affine import AffineLink
from netmodel.links.piecewise import Knot, PiecewiseLink
from planner.plotting.link_fit import fitted_messages, plot_link_fit
from tests.netmodel.test_fit import SIZES, samples_of

LINE = AffineLink(
    bandwidth_bytes_per_s=1e6, latency_s=0.01, overhead_s=0.001, initial_window_bytes=14_600
)
BENT = PiecewiseLink(
    latency_s=0.001,
    knots=tuple(
        Knot(n_bytes=n, seconds=s) for n, s in ((0, 0.001), (SIZES[7], 0.002), (4_000_000, 4.0))
    ),
)


def table_of(wire, *, late=0.0):
    samples = samples_of(wire, repeats=8, late=late)
    if wire.cold_s(np.array([1])) is not None:
        samples += samples_of(wire, repeats=2, is_cold=True, sizes=(15_875, 251_785))
    return fitted_messages(fit_link(samples, latency_s=wire.latency_s))


def draw(table):
    figure = Figure(figsize=(7, 6), layout="constrained")
    panels = plot_link_fit(table, figure)
    figure.draw_without_rendering()
    return panels


def test_without_noise_the_line_is_the_wire():
    warm, cold = table_of(LINE).kinds
    for messages, expected in ((warm, LINE.transfer_s), (cold, LINE.cold_s)):
        n_bytes, ms = np.array(messages.line).T
        assert ms == pytest.approx(1e3 * expected(n_bytes.astype(int)), rel=0.02)
    assert warm.ms == pytest.approx((1e3 * LINE.transfer_s(np.array(warm.n_bytes))).tolist())
    assert max(abs(residual) for residual in warm.residual) < 1e-3


def test_medians_of_a_size_leave_late_messages_out():
    table = table_of(LINE.model_copy(update={"initial_window_bytes": None}), late=0.1)
    (warm,) = table.kinds
    assert max(warm.residual) > 5
    assert max(abs(residual) for _, residual in warm.median_residual) < 0.02
    assert [size for size, _ in warm.median_residual] == sorted(set(warm.n_bytes))


@pytest.mark.parametrize("late", [0.005, 0.1, 0.4])
def test_late_messages_do_not_set_the_scale_but_are_counted(late):
    """Without other noise nothing but late messages is off; they take eleven times as long."""
    table = table_of(LINE.model_copy(update={"initial_window_bytes": None}), late=late)
    warm = table.kinds[0]
    n_late = sum(residual > 5 for residual in warm.residual)
    assert n_late > 0
    assert table.n_beyond == n_late
    assert table.reach <= 1
    _, below = draw(table)
    assert below.get_ylim() == pytest.approx((-100 * table.reach, 100 * table.reach))
    assert f"{n_late} of {len(warm.residual)} messages" in below.get_title()


def test_the_scale_is_three_times_the_worst_median_and_never_further_than_a_message_can_be_early():
    """Messages of a size lie together: ten percent above the model, and three times as long."""
    sizes = [n for n in SIZES for _ in range(8)]
    for worst, expected in ((0.1, 0.3), (2.0, 1.0)):
        fit = fit_link(samples_of(LINE, repeats=8), latency_s=LINE.latency_s)
        off = [worst if n == SIZES[3] else 0.0 for n in sizes]
        table = fitted_messages(fit.model_copy(update={"residuals": tuple(off)}))
        assert table.reach == pytest.approx(expected)
        assert table.n_medians_beyond == (worst > 1)


def test_nothing_is_said_to_be_left_out_where_nothing_is():
    table = table_of(LINE.model_copy(update={"initial_window_bytes": None}))
    assert (table.n_beyond, table.n_medians_beyond) == (0, 0)
    _, below = draw(table)
    assert below.get_title() == ""


def test_a_bent_wire_is_told_with_the_size_at_which_it_bends():
    table = table_of(BENT)
    assert table.model == "piecewise"
    assert SIZES[7] in table.knots_bytes
    above, below = draw(table)
    assert "bends at" in above.get_title()
    assert SIZES[7] in [line.get_xdata()[0] for line in below.lines]


def test_warm_and_fresh_connections_are_told_apart():
    above, below = draw(table_of(LINE))
    words = [text.get_text() for text in above.get_legend().get_texts()]
    assert words == [
        "on a warm connection",
        "model, on a warm connection",
        "on fresh connections",
        "model, on fresh connections",
    ]
    assert below.get_xlabel() == "Size of the message (B)"
    assert above.get_title().startswith("affine: ")
