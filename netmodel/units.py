"""Quantities with units: the only place where `ms`, `MiB` and `Mbit/s` exist.

Inside, everything is SI: seconds, bytes, bytes per second. 1 Mbit = 10^6 bit, 1 MB = 10^6 B,
1 MiB = 2^20 B.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from netmodel.errors import UnitError

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_BYTES_PER_S = {
    **{f"{prefix}bit/s": factor / 8 for prefix, factor in
       (("", 1), ("k", 10**3), ("M", 10**6), ("G", 10**9))},
    **{f"{unit}/s": float(factor) for unit, factor in _BYTES.items()},
}  # fmt: skip
_LEAST_BYTES_PER_S = 1 / 8
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*")


def parse_duration_s(text: object) -> float:
    """Seconds of a text such as `15ms`; zero is allowed, negative is not."""
    return _parse(text, "duration", _SECONDS, example="15ms")


def parse_bandwidth_bytes_per_s(text: object) -> float:
    """Bytes per second of a text such as `20Mbit/s`; must be positive."""
    value = _parse(text, "bandwidth", _BYTES_PER_S, example="20Mbit/s")
    if value < _LEAST_BYTES_PER_S:
        raise UnitError(f"bandwidth {text!r} is below 1 bit/s: leave the link out instead")
    return value


def parse_size_bytes(text: object) -> int:
    """Whole bytes of a text such as `256MiB`; a fraction of a byte is dropped."""
    return int(_parse(text, "size", _BYTES, example="256MiB"))


def format_duration(seconds: float) -> str:
    """A duration with three significant digits: `12.3 ms`."""
    for unit, factor in (("s", 1.0), ("ms", 1e-3)):
        if abs(seconds) >= factor:
            return f"{_rounded(seconds / factor)} {unit}"
    return f"{_rounded(seconds / 1e-6)} µs"


def format_size(n_bytes: float) -> str:
    """A size in binary units with three significant digits: `45.2 MiB`."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if abs(n_bytes) >= factor:
            return f"{_rounded(n_bytes / factor)} {unit}"
    return f"{n_bytes:.0f} B"


def format_bandwidth(bytes_per_s: float) -> str:
    """A bandwidth in decimal bit units: `100 Mbit/s`."""
    bits = bytes_per_s * 8
    for unit, factor in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)):
        if bits >= factor:
            return f"{_rounded(bits / factor)} {unit}"
    return f"{_rounded(bits)} bit/s"


def write_duration(seconds: float) -> str:
    """A text that `parse_duration_s` reads as exactly this number of seconds."""
    return _write(seconds, {unit: _SECONDS[unit] for unit in ("us", "ms", "s")}, parse_duration_s)


def write_bandwidth(bytes_per_s: float) -> str:
    """A text that `parse_bandwidth_bytes_per_s` reads as exactly this number."""
    units = {unit: _BYTES_PER_S[unit] for unit in ("kbit/s", "Mbit/s", "Gbit/s", "B/s")}
    return _write(bytes_per_s, units, parse_bandwidth_bytes_per_s)


def write_size(n_bytes: int) -> str:
    """A text that `parse_size_bytes` reads as exactly this number of bytes."""
    units = {unit: _BYTES[unit] for unit in ("MiB", "KiB", "B")}
    whole = (f"{n_bytes // factor}{unit}" for unit, factor in units.items() if n_bytes >= factor)
    return next((text for text in whole if parse_size_bytes(text) == n_bytes), f"{n_bytes}B")


def _write(value: float, units: Mapping[str, float], parse: Callable[[object], float]) -> str:
    """The shortest text that is read as exactly this value; the last unit is the base."""
    base = f"{value!r}{list(units)[-1]}"
    texts = (f"{value / factor:.15g}{unit}" for unit, factor in units.items())
    exact = [text for text in texts if "e" not in text and parse(text) == value]
    return min([*exact, base], key=len)


def _rounded(value: float) -> str:
    """Three significant digits, or all of those before the point: 1010, not 1.01e+03."""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"


def _parse(text: object, kind: str, units: Mapping[str, float], *, example: str) -> float:
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[2]:
        raise UnitError(f"{kind} {text!r} has no number or no unit: write it like {example}")
    if match[2] not in units:
        known = ", ".join(units)
        raise UnitError(f"{kind} {text!r} has the unknown unit {match[2]!r}: use one of {known}")
    value = float(match[1])
    if value < 0:
        raise UnitError(f"{kind} {text!r} is negative")
    if value > 1e18:
        raise UnitError(f"{kind} {text!r} is beyond any machine")
    return value * units[match[2]]
