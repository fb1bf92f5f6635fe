import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmodel.errors import UnitError
from netmodel.units import (
    format_bandwidth,
    format_duration,
    format_size,
    parse_bandwidth_bytes_per_s,
    parse_duration_s,
    parse_size_bytes,
)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_duration_s, "15ms", 0.015),
        (parse_duration_s, "2 s", 2.0),
        (parse_duration_s, " 300us ", 300e-6),
        (parse_duration_s, "300µs", 300e-6),
        (parse_duration_s, "5ns", 5e-9),
        (parse_duration_s, "0ms", 0.0),
        (parse_duration_s, "1.5e1ms", 0.015),
        (parse_duration_s, ".5s", 0.5),
        (parse_bandwidth_bytes_per_s, "8bit/s", 1.0),
        (parse_bandwidth_bytes_per_s, "8kbit/s", 1e3),
        (parse_bandwidth_bytes_per_s, "20Mbit/s", 2.5e6),  # 10^6 bits, not 2^20
        (parse_bandwidth_bytes_per_s, "1Gbit/s", 1.25e8),
        (parse_bandwidth_bytes_per_s, "3MB/s", 3e6),
        (parse_bandwidth_bytes_per_s, "3MiB/s", 3 * 2**20),
        (parse_size_bytes, "256MiB", 2**28),
        (parse_size_bytes, "1MB", 10**6),
        (parse_size_bytes, "2 KiB", 2048),
        (parse_size_bytes, "10B", 10),
        (parse_size_bytes, "0.5GiB", 2**29),
    ],
)
def test_a_quantity_is_read_in_si_units(parse, text, value):
    assert parse(text) == pytest.approx(value, rel=1e-15)


def test_a_size_is_a_whole_number_of_bytes():
    size = parse_size_bytes("1.0001kB")
    assert size == 1000
    assert isinstance(size, int)


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (parse_bandwidth_bytes_per_s, "20", "'20' has no number or no unit: .* like 20Mbit/s"),
        (parse_bandwidth_bytes_per_s, 20, "bandwidth 20 has no number or no unit"),
        (parse_bandwidth_bytes_per_s, 2.5, "bandwidth 2.5 has no number or no unit"),
        (parse_bandwidth_bytes_per_s, None, "bandwidth None has no number"),
        (parse_bandwidth_bytes_per_s, "-1Mbit/s", "'-1Mbit/s' is negative"),
        (parse_bandwidth_bytes_per_s, "0Mbit/s", "below 1 bit/s: leave the link out instead"),
        (parse_bandwidth_bytes_per_s, "20Mb", "unknown unit 'Mb': use one of bit/s, kbit/s"),
        (parse_bandwidth_bytes_per_s, "20mbit/s", "unknown unit 'mbit/s'"),
        (parse_duration_s, "15", "duration '15' has no number or no unit: .* like 15ms"),
        (parse_duration_s, "-15ms", "negative"),
        (parse_duration_s, "15m", "unknown unit 'm': use one of ns, us, µs, ms, s"),
        (parse_duration_s, "fast", "no number"),
        (parse_duration_s, "nan s", "no number"),
        (parse_duration_s, "inf s", "no number"),
        (parse_duration_s, "", "no number"),
        (parse_size_bytes, "1000", "size '1000' has no number or no unit: .* like 256MiB"),
        (parse_size_bytes, "1 2MiB", "unknown unit '2MiB'"),
        (parse_size_bytes, "-1B", "negative"),
        (parse_size_bytes, "1mb", "unknown unit 'mb'"),
        (parse_size_bytes, "1e400GiB", "beyond any machine"),
    ],
)
def test_anything_else_is_refused_with_an_example_or_the_known_units(parse, value, message):
    with pytest.raises(UnitError, match=message):
        parse(value)


@pytest.mark.parametrize(
    ("format_", "value", "text"),
    [
        (format_duration, 2.5, "2.5 s"),
        (format_duration, 0.0123456, "12.3 ms"),
        (format_duration, 0.9999, "1000 ms"),
        (format_duration, 4321.0, "4321 s"),
        (format_duration, 4.2e-5, "42 µs"),
        (format_duration, 0.0, "0 µs"),
        (format_duration, -0.002, "-2 ms"),  # a predicted minus a measured time
        (format_duration, math.inf, "inf s"),
        (format_size, 0, "0 B"),
        (format_size, 1023, "1023 B"),
        (format_size, 1024, "1 KiB"),
        (format_size, 45.2 * 2**20, "45.2 MiB"),
        (format_size, 1010 * 2**20, "1010 MiB"),
        (format_size, 3 * 2**30, "3 GiB"),
        (format_bandwidth, 12.5e6, "100 Mbit/s"),
        (format_bandwidth, 1.25e8, "1 Gbit/s"),
        (format_bandwidth, 125.0, "1 kbit/s"),
        (format_bandwidth, 1.0, "8 bit/s"),
        (format_bandwidth, 124_999_000.0, "1000 Mbit/s"),
    ],
)
def test_a_quantity_is_written_with_three_digits_and_no_exponent(format_, value, text):
    assert format_(value) == text


@settings(deadline=None)
@given(st.floats(1e-8, 1e9))
def test_a_written_duration_is_read_back_to_three_digits(seconds):
    assert parse_duration_s(format_duration(seconds)) == pytest.approx(seconds, rel=0.005)


@settings(deadline=None)
@given(st.integers(1, 2**60))
def test_a_written_size_is_read_back_to_three_digits(n_bytes):
    assert parse_size_bytes(format_size(n_bytes)) == pytest.approx(n_bytes, rel=0.005)


@settings(deadline=None)
@given(st.floats(0.2, 1e12))
def test_a_written_bandwidth_is_read_back_to_three_digits(bytes_per_s):
    written = format_bandwidth(bytes_per_s)
    assert parse_bandwidth_bytes_per_s(written) == pytest.approx(bytes_per_s, rel=0.005)


@settings(deadline=None)
@given(st.text(max_size=12))
def test_no_text_raises_anything_but_a_unit_error(text):
    for parse in (parse_duration_s, parse_size_bytes, parse_bandwidth_bytes_per_s):
        try:
            value = parse(text)
        except UnitError:
            continue
        assert value >= 0
