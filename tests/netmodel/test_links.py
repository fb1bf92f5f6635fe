import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netmodel.links.affine import AffineLink
from netmodel.links.spread import TransferSpread, format_level, parse_level


def test_a_transfer_costs_overhead_plus_latency_plus_bytes_over_bandwidth():
    link = AffineLink(bandwidth_bytes_per_s=1000.0, latency_s=0.25, overhead_s=0.5)
    assert link.transfer_s(np.array([0, 1, 1000])).tolist() == [0.75, 0.751, 1.75]


def test_without_overhead_an_empty_message_costs_the_latency():
    link = AffineLink(bandwidth_bytes_per_s=1.0, latency_s=0.125)
    assert link.transfer_s(np.array([0])).tolist() == [0.125]


def test_sizes_beyond_32_bits_keep_their_value_and_shape():
    link = AffineLink(bandwidth_bytes_per_s=2.0, latency_s=0.0)
    times_s = link.transfer_s(np.array([[2**40, 2**41]], dtype=np.int64))
    assert times_s.tolist() == [[2**39, 2**40]]
    assert times_s.dtype == np.float64


@settings(deadline=None)
@given(st.integers(0, 2**50), st.integers(0, 2**20))
def test_more_bytes_never_take_less_time(n_bytes, more):
    link = AffineLink(bandwidth_bytes_per_s=3e6, latency_s=0.001)
    shorter, longer = link.transfer_s(np.array([n_bytes, n_bytes + more]))
    assert longer >= shorter > 0


@pytest.mark.parametrize(
    "change",
    [
        {"bandwidth_bytes_per_s": 0.0},
        {"bandwidth_bytes_per_s": -1.0},
        {"bandwidth_bytes_per_s": float("inf")},
        {"latency_s": -0.1},
        {"latency_s": float("nan")},
        {"overhead_s": -0.1},
        {"jitter_s": 0.1},
    ],
)
def test_an_impossible_wire_is_refused_by_field(change):
    good = {"bandwidth_bytes_per_s": 1.0, "latency_s": 0.0}
    with pytest.raises(ValidationError, match=next(iter(change))):
        AffineLink.model_validate(good | change)


def test_a_link_is_read_back_as_it_was_written():
    link = AffineLink(bandwidth_bytes_per_s=1 / 3, latency_s=0.1, overhead_s=1e-9)
    assert AffineLink.model_validate_json(link.model_dump_json()) == link


def test_a_spread_keeps_samples_in_any_order_and_quantiles_with_their_levels():
    assert TransferSpread(ratios=(1.2, 0.9, 1.0)).levels == ()
    spread = TransferSpread(levels=(0.5, 0.95), ratios=(1.0, 1.4))
    assert TransferSpread.model_validate_json(spread.model_dump_json()) == spread


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"ratios": (1.0,)}, "at least 2"),
        ({"ratios": (1.0, 0.0)}, "greater than 0"),
        ({"ratios": (1.0, float("nan"))}, "finite"),
        ({"ratios": (1.0, float("inf"))}, r"finite|less than or equal"),
        ({"ratios": (1.0, 2.0), "levels": (0.5,)}, "1 levels have 2 quantiles"),
        ({"ratios": (1.0, 2.0), "levels": (0.5, 1.0)}, "less than 1"),
        ({"ratios": (1.0, 2.0), "levels": (0.9, 0.5)}, "must ascend strictly"),
        ({"ratios": (2.0, 1.0), "levels": (0.5, 0.9)}, "p90 is 1, below p50 with 2"),
    ],
)
def test_a_spread_that_contradicts_itself_is_refused(content, message):
    with pytest.raises(ValidationError, match=message):
        TransferSpread.model_validate(content)


@pytest.mark.parametrize(("name", "level"), [("p50", 0.5), ("p95", 0.95), ("p99.9", 0.999)])
def test_a_quantile_has_a_name(name, level):
    assert parse_level(name) == pytest.approx(level)
    assert format_level(level) == name


@pytest.mark.parametrize(
    "name", ["50", "p", "q50", "p0", "p100", "p-5", "pnan", "median", 50, None]
)
def test_a_name_of_no_quantile_is_refused(name):
    with pytest.raises(ValueError, match="quantile"):
        parse_level(name)
