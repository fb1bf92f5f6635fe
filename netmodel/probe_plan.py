"""Probe plan: which sizes a probe sends, and how often, so that it ends before its deadline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, log2

import numpy as np

LEAST_BYTES, MOST_BYTES = 64, 4 * 10**6
LEAST_ROUNDS = 3
_ENOUGH_ROUNDS, _MOST_ROUNDS = 8, 16
_LEAST_LARGEST_BYTES = 4096
_MOST_SIZES, _SIZES_PER_DOUBLING = 13, 0.75
_COLD_SIZES = 3
_EFFORTS = ((_ENOUGH_ROUNDS, 5), (_ENOUGH_ROUNDS, 2), (LEAST_ROUNDS, 2), (LEAST_ROUNDS, 0))
"""Least rounds, and messages of each size on fresh connections, by descending preference."""
_SMALL_WINDOW_BYTES = 10_000
"""About what a fresh connection begins with; for the plan of its time only."""
LONGEST_MESSAGE_S = 5.0
"""About how long a message may take: who waits much longer takes the other end for gone."""
_WARM_UPS = 4
"""Messages that open a window, as far as the plan of the time knows."""
_REPEATED_S, _MOST_REPEATS = 0.008, 6
"""Messages of a few hundred microseconds scatter most and cost least: a round repeats them."""
_USED_SHARE = 0.8
"""Of the time left: first rates are rough."""


@dataclass(frozen=True)
class Pace:
    """What the first messages say of the wire's speed."""

    round_trip_s: float
    there_bytes_per_s: float
    back_bytes_per_s: float

    def message_s(self, n_bytes: int, *, is_back: bool) -> float:
        """About how long a message and its answer take on a warm connection."""
        rate = self.back_bytes_per_s if is_back else self.there_bytes_per_s
        return self.round_trip_s + n_bytes / rate


@dataclass(frozen=True)
class ProbePlan:
    """What is sent each way."""

    sizes: tuple[int, ...]
    """Bytes of messages, ascending; a round has all of them."""
    rounds: int
    cold_sizes: tuple[int, ...]
    cold_repeats: int
    """How often each is sent on a fresh connection; 0 leaves the cold start unknown."""

    @property
    def largest_bytes(self) -> int:
        """The largest message, which also opens the window before each round."""
        return self.sizes[-1]

    def sent(self, pace: Pace, *, is_back: bool) -> tuple[int, ...]:
        """Bytes of each message that a round measures one way: short ones are sent more often."""
        return tuple(
            n_bytes
            for n_bytes in self.sizes
            for _ in range(_repeats(pace.message_s(n_bytes, is_back=is_back)))
        )

    def largest_s(self, pace: Pace) -> float:
        """About how long the largest message takes, on the slower way."""
        return max(pace.message_s(self.largest_bytes, is_back=back) for back in (False, True))

    def round_s(self, pace: Pace) -> float:
        """About how long a round takes, both ways."""
        return sum(
            pace.message_s(n, is_back=back)
            for back in (False, True)
            for n in (self.largest_bytes, *self.sent(pace, is_back=back))
        )

    def cold_s(self, pace: Pace) -> float:
        """About how long all messages on fresh connections take, both ways."""
        return self.cold_repeats * sum(
            pace.message_s(n, is_back=back) + self._fresh_s(pace, n)
            for n in self.cold_sizes
            for back in (False, True)
        )

    def total_s(self, pace: Pace) -> float:
        """About how long all of it takes."""
        opening_s = _WARM_UPS * sum(
            pace.message_s(self.largest_bytes, is_back=back) for back in (False, True)
        )
        return opening_s + self.rounds * self.round_s(pace) + self.cold_s(pace)

    def _fresh_s(self, pace: Pace, n_bytes: int) -> float:
        """Opening a connection, and the round trips of its slow start."""
        return pace.round_trip_s * (2 + ceil(log2(1 + n_bytes / _SMALL_WINDOW_BYTES)))


def plan_probe(pace: Pace, left_s: float) -> ProbePlan | None:
    """The largest messages that can be sent often enough; none if there is no time for anything.

    Sizes are geometric from `LEAST_BYTES` on. Rather fewer rounds, and no fresh connections, than
    nothing at all.

    Args:
        pace: of the wire.
        left_s: until the deadline.
    """
    for least, cold_repeats in _EFFORTS:
        for plan in _by_size(1, cold_repeats):
            is_least = plan.largest_bytes < 2 * _LEAST_LARGEST_BYTES
            if plan.largest_s(pace) > LONGEST_MESSAGE_S and not is_least:
                continue
            once_s = plan.total_s(pace) - plan.round_s(pace)
            rounds = int((left_s * _USED_SHARE - once_s) / plan.round_s(pace))
            if rounds >= least:
                return replace(plan, rounds=min(rounds, _MOST_ROUNDS))
    return None


def least_time_s(pace: Pace) -> float:
    """About how long the shortest probe takes, with the time that is left as a reserve."""
    *_, shortest = _by_size(LEAST_ROUNDS, 0)
    return shortest.total_s(pace) / _USED_SHARE


def _repeats(message_s: float) -> int:
    return min(max(int(_REPEATED_S / message_s), 1), _MOST_REPEATS)


def _by_size(rounds: int, cold_repeats: int) -> Iterator[ProbePlan]:
    """Plans by descending size of the largest message."""
    largest = MOST_BYTES
    while largest >= _LEAST_LARGEST_BYTES:
        n_sizes = min(ceil(log2(largest / LEAST_BYTES) * _SIZES_PER_DOUBLING) + 1, _MOST_SIZES)
        sizes = np.geomspace(LEAST_BYTES, largest, n_sizes).round().astype(int).tolist()
        yield ProbePlan(tuple(sizes), rounds, tuple(sizes[-2 * _COLD_SIZES :: 2]), cold_repeats)
        largest //= 2
