"""Quantities: sizes and times in units that people read, with the exact SI value beside them."""

from __future__ import annotations

from netmodel.units import format_size
from planner.report.markup import Markup, number
from planner.wording import time_text


def size(n_bytes: int) -> Markup:
    """Bytes, in binary units."""
    return number(n_bytes, format_size(n_bytes))


def duration(seconds: float) -> Markup:
    """Seconds, as milliseconds unless they are many."""
    return number(seconds, time_text(seconds))


def count(n: int) -> Markup:
    """A number of things."""
    return number(n, str(n))
