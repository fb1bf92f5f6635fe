"""Pacing: a fast wire made as slow as the one that a plan is about.

The sender holds bytes back so that the last one leaves when it would have arrived. How long a
message takes is given as one number of seconds: the formula stays with the link model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

CHUNK_BYTES = 2**16
SLICE_S = 0.2
"""Longest wait during which nobody looks whether the other processes are alive."""

# time.sleep returns 60 to 100 µs late here: the last bit of a wait is spent awake.
_SPIN_S = 200e-6


def schedule(
    pieces: Sequence[memoryview], total_s: float, start_s: float
) -> Iterator[tuple[float, memoryview]]:
    """Chunks of the pieces with the time at which each is due: the last at start + total."""
    n_bytes, sent_bytes = sum(map(len, pieces)), 0
    for piece in pieces:
        for offset in range(0, len(piece), CHUNK_BYTES):
            chunk = piece[offset : offset + CHUNK_BYTES]
            sent_bytes += len(chunk)
            yield start_s + total_s * sent_bytes / n_bytes, chunk


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
