import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netmodel.links.affine import AffineLink


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
