"""Cold start: what a fresh connection costs on top of a warm one, while its window opens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST_ROUNDS = 64


def slow_start_stall_s(
    n_bytes: NDArray[np.int64],
    window_bytes: float,
    *,
    round_trip_s: float,
    bytes_per_s: float,
) -> NDArray[np.float64]:
    """Seconds for which a sender in slow start waits for acknowledgements, one per message size.

    The sender may have w₀ bytes on the way at first, and twice as many after every round trip. As
    long as a window is sent in less than a round trip, it waits for the rest of it:

        Σₖ max(0, RTT − w₀·2ᵏ / β)    over the rounds k that a further one follows

    It does not include opening the connection, nor packets that are lost.

    Args:
        n_bytes: of the messages.
        window_bytes: w₀, the window that a fresh connection begins with.
        round_trip_s: RTT of the wire.
        bytes_per_s: β, of the wire.

    Source: J. Kurose and K. Ross, "Computer Networking: A Top-Down Approach", 3rd edition, 2005,
    section 3.7 (latency modelling of slow start); the first segment's own time is left out.
    """
    stall_s = np.zeros(np.shape(n_bytes))
    for k in range(_MOST_ROUNDS):
        wait_s = round_trip_s - window_bytes * 2.0**k / bytes_per_s
        if wait_s <= 0:
            break
        stall_s += wait_s * (n_bytes > window_bytes * (2.0 ** (k + 1) - 1))
    return stall_s


def fresh_transfer_s(
    warm_s: NDArray[np.float64],
    n_bytes: NDArray[np.int64],
    window_bytes: float | None,
    *,
    round_trip_s: float,
    bytes_per_s: float,
) -> NDArray[np.float64] | None:
    """What messages that take so long on a warm connection take on a fresh one.

    None where the initial window is not known; see `slow_start_stall_s`.
    """
    if window_bytes is None:
        return None
    return warm_s + slow_start_stall_s(
        n_bytes, window_bytes, round_trip_s=round_trip_s, bytes_per_s=bytes_per_s
    )
