"""Probe: sends messages of several sizes over a wire, both ways, and fits what it measured.

    connections, empty messages      delay and overhead
    growing messages                 a first rate, from which the sizes and rounds are planned
    for each round, for each way:    one large message that opens the window, not measured
                                     every size, short ones several times, in a new order
    fresh connections                some of the larger sizes, both ways, in turn

The sizes of a way follow each other without a pause: a sender that is idle for a few hundred
milliseconds begins with a small window again, and a warm message would be none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np

from netmodel.errors import SlowLinkError
from netmodel.fit import fit_link
from netmodel.probe_plan import (
    LEAST_ROUNDS,
    LONGEST_MESSAGE_S,
    MOST_BYTES,
    Pace,
    ProbePlan,
    least_time_s,
    plan_probe,
)
from netmodel.probe_records import LinkFit, MeasuredLink, Probe, Sample
from netmodel.units import format_bandwidth, format_duration, format_size

_CONNECTS, _EMPTY_MESSAGES = 7, 15
_FIRST_BYTES, _GROWTH = 2048, 4
_LONGEST_FIRST_SHARE = 0.05
"""Of the time left: a first message that takes longer is the last one of its way."""
_MOST_WARM_UPS = 12
_STILL_FASTER = 0.95
_RESERVE = 1.3


class Wire(Protocol):
    """A wire to a place that answers messages; all times are one clock's."""

    @property
    def host(self) -> str:
        """Where the other end is."""
        ...

    def left_s(self) -> float:
        """Seconds until the deadline."""
        ...

    def connect_s(self) -> float:
        """Opens a connection and closes it again; seconds that opening took.

        Raises:
            TimeoutError: the deadline has passed; so for all that follow.
            ConnectionError: the other end is gone, or silent; so for all that follow.
        """
        ...

    def round_trip_s(self, there_bytes: int, back_bytes: int) -> float:
        """Seconds of a message and its answer on the warm connection."""
        ...

    def fresh_round_trip_s(self, there_bytes: int, back_bytes: int) -> float:
        """The same on a connection of its own, without opening it; ends the warm one."""
        ...


@dataclass(frozen=True)
class _Measured:
    """A round trip as it was measured."""

    n_bytes: int
    is_back: bool
    is_cold: bool
    round_trip_s: float


def probe(
    wire: Wire,
    source: str,
    target: str,
    *,
    on_step: Callable[[str], None] = lambda step: None,
    seed: int = 0,
) -> Probe:
    """Measures a wire in both directions and fits a link model to each.

    Args:
        wire: to the target.
        source: the node that measures.
        target: the node that answers.
        on_step: told what is being done.
        seed: of the order of the sizes.

    Raises:
        SlowLinkError: too little can be sent before the deadline.
    """
    run = _ProbeRun(wire, seed)
    try:
        run.look()
        plan = run.plan()
        run.send_warm(plan, on_step)
        with suppress(ConnectionError):  # the warm messages are all there
            run.send_cold(plan, on_step)
    except TimeoutError as error:
        if run.rounds < LEAST_ROUNDS:
            raise SlowLinkError(run.describe_end()) from error
    return run.result(source, target)


class _ProbeRun:
    """One probe and what it has measured so far."""

    def __init__(self, wire: Wire, seed: int) -> None:
        self._wire = wire
        self._random = np.random.default_rng(seed)
        self._deadline_s = wire.left_s()
        self._connects_s: list[float] = []
        self._empty_s: list[float] = []
        self._first: list[_Measured] = []
        self._measured: list[_Measured] = []
        self._pace: Pace | None = None
        self.rounds = 0

    def look(self) -> None:
        """Connections, empty messages, and a first rate of each way."""
        self._connects_s += [self._wire.connect_s() for _ in range(_CONNECTS)]
        self._wire.round_trip_s(0, 0)
        self._empty_s += [self._wire.round_trip_s(0, 0) for _ in range(_EMPTY_MESSAGES)]
        there, back = (self._first_rate(is_back=is_back) for is_back in (False, True))
        self._pace = Pace(median(self._empty_s), there, back)

    def plan(self) -> ProbePlan:
        """What can be sent in the time that is left."""
        pace, left_s = self._known_pace(), self._wire.left_s()
        plan = plan_probe(pace, left_s)
        if plan is None:
            needed_s = self._deadline_s - left_s + least_time_s(pace)
            raise SlowLinkError(
                f"{self.describe_end()}: the shortest probe needs about "
                f"{format_duration(needed_s)} in all"
            )
        return plan

    def send_warm(self, plan: ProbePlan, on_step: Callable[[str], None]) -> None:
        """Rounds of all sizes, as long as there is time."""
        pace = self._known_pace()
        for is_back in (False, True):
            on_step("opening the windows")
            self._open_window(plan.largest_bytes, is_back=is_back)
        for number in range(plan.rounds):
            needed_s = plan.round_s(pace) + plan.cold_s(pace)
            if number >= LEAST_ROUNDS and self._wire.left_s() < _RESERVE * needed_s:
                break
            on_step(f"measuring, round {number + 1} of {plan.rounds}")
            for is_back in (False, True):
                self._round_trip_s(plan.largest_bytes, is_back=is_back)
                for n_bytes in self._random.permutation(plan.sent(pace, is_back=is_back)).tolist():
                    self._measure(n_bytes, is_back=is_back)
            self.rounds += 1

    def send_cold(self, plan: ProbePlan, on_step: Callable[[str], None]) -> None:
        """Large messages on fresh connections."""
        for number in range(plan.cold_repeats):
            on_step(f"measuring fresh connections, round {number + 1} of {plan.cold_repeats}")
            for n_bytes in plan.cold_sizes:
                for is_back in (False, True):
                    self._measure(n_bytes, is_back=is_back, is_cold=True)

    def result(self, source: str, target: str) -> Probe:
        """Fits both ways."""
        there = MeasuredLink(source=source, target=target, fit=self._fit(is_back=False))
        back = MeasuredLink(source=target, target=source, fit=self._fit(is_back=True))
        return Probe(
            host=self._wire.host,
            connects_s=tuple(self._connects_s),
            empty_round_trips_s=tuple(self._empty_s),
            rounds=self.rounds,
            links=(there, back),
        )

    def describe_end(self) -> str:
        """How far the probe came, in words."""
        sent = [*self._first, *self._measured]
        passed = format_duration(self._deadline_s - self._wire.left_s())
        if not sent:
            return (
                f"no message was answered within {passed}: another probe may be running there, or "
                "something else than `partway probe serve`"
            )
        fastest = max(m.n_bytes / m.round_trip_s for m in sent)
        return (
            f"the link is too slow to be measured within {format_duration(self._deadline_s)}: "
            f"{len(sent)} messages of up to {format_size(max(m.n_bytes for m in sent))} were "
            f"answered in {passed}, at {format_bandwidth(fastest)} or less; allow more time"
        )

    def _first_rate(self, *, is_back: bool) -> float:
        """Bytes per second, roughly, from growing messages."""
        empty_s = median(self._empty_s)
        for n_bytes in _growing_sizes():
            round_trip_s = self._round_trip_s(n_bytes, is_back=is_back)
            self._first.append(_Measured(n_bytes, is_back, False, round_trip_s))
            # The next message takes several times as long.
            longest_s = min(_LONGEST_FIRST_SHARE * self._wire.left_s(), LONGEST_MESSAGE_S / _GROWTH)
            if round_trip_s > longest_s:
                break
        return n_bytes / max(round_trip_s - empty_s, round_trip_s / 10)

    def _open_window(self, n_bytes: int, *, is_back: bool) -> None:
        """Sends until a message is not faster than those before it."""
        fastest_s = self._round_trip_s(n_bytes, is_back=is_back)
        for _ in range(_MOST_WARM_UPS - 1):
            round_trip_s = self._round_trip_s(n_bytes, is_back=is_back)
            if round_trip_s > _STILL_FASTER * fastest_s:
                return
            fastest_s = round_trip_s

    def _measure(self, n_bytes: int, *, is_back: bool, is_cold: bool = False) -> None:
        round_trip_s = self._round_trip_s(n_bytes, is_back=is_back, is_cold=is_cold)
        self._measured.append(_Measured(n_bytes, is_back, is_cold, round_trip_s))

    def _round_trip_s(self, n_bytes: int, *, is_back: bool, is_cold: bool = False) -> float:
        send = self._wire.fresh_round_trip_s if is_cold else self._wire.round_trip_s
        return send(0, n_bytes) if is_back else send(n_bytes, 0)

    def _fit(self, *, is_back: bool) -> LinkFit:
        answer_s = median(self._empty_s) / 2
        samples = [
            Sample(
                n_bytes=m.n_bytes,
                # A message that is as quick as its answer alone is one by chance.
                seconds=max(m.round_trip_s - answer_s, answer_s / 10),
                is_cold=m.is_cold,
            )
            for m in self._measured
            if m.is_back == is_back
        ]
        return fit_link(samples, latency_s=median(self._connects_s) / 2)

    def _known_pace(self) -> Pace:
        if self._pace is None:
            raise RuntimeError("a probe is planned before its first messages: report this problem")
        return self._pace


def _growing_sizes() -> Iterator[int]:
    n_bytes = _FIRST_BYTES
    while n_bytes < MOST_BYTES:
        yield n_bytes
        n_bytes *= _GROWTH
    yield MOST_BYTES
