"""The kernel's bandwidth control: so many µs of processor time in every period."""

from __future__ import annotations

_PERIOD_US = 5_000
_MIN_QUOTA_US = 1_000
"""The kernel refuses less."""


def quota_of(cpus: float) -> tuple[int, int]:
    """Quota and period in µs that are worth so many processors; the period is 5 ms or longer.

    The default period of 100 ms does not slow a stage that computes for less than its quota at a
    time; one below 4 ms distorts.
    """
    period_us = max(_PERIOD_US, round(_MIN_QUOTA_US / cpus))
    return max(round(period_us * cpus), _MIN_QUOTA_US), period_us
