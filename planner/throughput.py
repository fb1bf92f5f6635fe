"""Throughput: how often answers come while several requests are under way."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveInt

from profiler.profile_records import Timing
from profiler.record import Record


class Throughput(Record):
    """What was measured with several requests in flight; all answers were right and in order."""

    in_flight: PositiveInt
    """Requests under way at any time: as soon as one is answered, the next is sent."""
    requests: PositiveInt
    """Gaps between answers that were measured, those of filling and draining left out."""
    period: Timing
    """Time between answers. Each sample is a mean over `in_flight` gaps in a row, or over all
    where there are fewer: what is under way may be answered in bunches."""
    peak_bytes: tuple[NonNegativeInt, ...]
    """Per stage, most anonymous memory of its process up to the end; 0 if it was not measured."""
