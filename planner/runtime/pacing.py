"""Pacing: a fast wire made as slow as the one that a plan is about.

    sender       compute ─┐
                          │ busy: one message after another
    wire                  └────────┐
                                   │ delay: any number of messages at once
    receiver                       └─────────┬─ compute

Bytes travel at full speed. The receiver waits until the message would have arrived: so a sender is
free at once, as if its system sent for it, and messages that overlap share the wire as real ones
do. How long a message takes is given in seconds: the formula stays with the link model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

SLICE_S = 0.2
"""Longest wait during which nobody looks whether the other processes are alive."""

# time.sleep returns 60 to 100 µs late here: the last bit of a wait is spent awake.
_SPIN_S = 200e-6


@dataclass(frozen=True)
class WireTime:
    """What one message of a hop takes."""

    busy_s: float
    """For so long it keeps the wire from the next message."""
    delay_s: float
    """From then until it is there."""


class PacedWire:
    """The wire of one hop in one direction, which carries one message at a time."""

    def __init__(self, time: WireTime) -> None:
        self._time = time
        self._free_s = -inf

    def arrival_s(self, sent_s: float) -> float:
        """When the next message arrives that its sender had ready at the given time."""
        self._free_s = max(self._free_s, sent_s) + self._time.busy_s
        return self._free_s + self._time.delay_s


def wait_until(due_s: float, watch: Callable[[], None] | None = None) -> None:
    """Returns when `time.monotonic()` has reached the given time.

    Args:
        due_s: the time; one in the past is fine.
        watch: called at least every `SLICE_S` during a long wait; may raise.
    """
    while (left_s := due_s - time.monotonic()) > _SPIN_S:
        if watch is not None:
            watch()
        time.sleep(min(left_s - _SPIN_S, SLICE_S))
    while time.monotonic() < due_s:
        pass
