"""Probe wire: times messages to a place that answers them, over the runtime's own connections."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from planner.runtime import probe_messages
from planner.runtime.connection import Connection, Tolerance, connect, endpoint
from planner.runtime.errors import ConnectionLost, DeadlineExceeded

_TOLERANCE = Tolerance(max_payload_bytes=probe_messages.MOST_BYTES)


class ProbeWire:
    """One end of a probe; never two connections at a time, as the other end takes one by one.

    Args:
        host: name or address of the other end.
        port: where it listens.
        deadline_s: the `time.monotonic()` by which all must be done.

    Raises:
        ConnectionLost: the name is unknown, or cannot be looked up in time.
    """

    def __init__(self, host: str, port: int, *, deadline_s: float) -> None:
        self.host = endpoint(host, port)
        self._deadline_s = deadline_s
        self._bytes = probe_messages.random_bytes(probe_messages.MOST_BYTES)
        self._addresses = _addresses(host, port, self.left_s())
        self._port = port
        self._warm: Connection | None = None

    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self._deadline_s - time.monotonic()

    def connect_s(self) -> float:
        """Opens a connection and closes it again; seconds that opening took.

        Raises:
            ConnectionLost: nobody listens there, or nobody answers.
            DeadlineExceeded: no time is left.
        """
        start_s = time.perf_counter()
        connection = self._connect()
        seconds = time.perf_counter() - start_s
        connection.close()
        return seconds

    def round_trip_s(self, there_bytes: int, back_bytes: int) -> float:
        """Seconds of a message and its answer on the warm connection.

        Raises:
            RuntimeFault: the other end is gone, silent, too slow, or answers something else.
        """
        if self._warm is None:
            self._warm = self._connect()
        return self._round_trip_s(self._warm, there_bytes, back_bytes)

    def fresh_round_trip_s(self, there_bytes: int, back_bytes: int) -> float:
        """The same on a connection of its own, without opening it; ends the warm one.

        Raises:
            RuntimeFault: as `round_trip_s`.
        """
        self.close()
        with self._connect() as fresh:
            return self._round_trip_s(fresh, there_bytes, back_bytes)

    def close(self) -> None:
        """Ends the warm connection."""
        if self._warm is not None:
            self._warm.close()
            self._warm = None

    def _round_trip_s(self, connection: Connection, there_bytes: int, back_bytes: int) -> float:
        request = probe_messages.request(self._bytes[:there_bytes], back_bytes)
        with self._waiting(probe_messages.patience_s(there_bytes + back_bytes)) as give_up_s:
            start_s = time.perf_counter()
            connection.send(request, deadline_s=give_up_s)
            received = connection.receive(deadline_s=give_up_s)
            seconds = time.perf_counter() - start_s
        probe_messages.check_answer(received.frame, back_bytes)
        return seconds

    def _connect(self) -> Connection:
        """To the first of the addresses that takes it, and from then on to that one."""
        for address in self._addresses[:-1]:
            try:
                connection = self._connect_to(address)
            except ConnectionLost:
                continue
            self._addresses = (address,)
            return connection
        self._addresses = self._addresses[-1:]
        return self._connect_to(self._addresses[0])

    def _connect_to(self, address: str) -> Connection:
        with self._waiting(probe_messages.LONGEST_SILENCE_S) as give_up_s:
            return connect(self._port, host=address, deadline_s=give_up_s, tolerance=_TOLERANCE)

    @contextmanager
    def _waiting(self, longest_s: float) -> Iterator[float]:
        """For at most so long; yields the `time.monotonic()` at which to give up.

        Raises:
            ConnectionLost: it took longer.
            DeadlineExceeded: the probe's own deadline has passed.
        """
        try:
            yield min(self._deadline_s, time.monotonic() + longest_s)
        except DeadlineExceeded as error:
            if self.left_s() <= 0:
                raise
            raise ConnectionLost(
                f"nothing was answered within {longest_s:.3g} s: it may be answering another "
                "probe, or be gone"
            ) from error


def _addresses(host: str, port: int, longest_s: float) -> tuple[str, ...]:
    """The addresses of a name, looked up once: that is no part of opening a connection.

    The system's look-up has no time limit: it is left behind in a thread.

    Raises:
        ConnectionLost: the name is unknown, or not found in time.
    """
    answers: queue.SimpleQueue[tuple[str, ...] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put(tuple(dict.fromkeys(str(address[0]) for *_, address in found)))

    threading.Thread(target=look_up, daemon=True, name="look-up").start()
    try:
        answer = answers.get(timeout=max(longest_s, 0.0))
    except queue.Empty:
        raise ConnectionLost(f"cannot find {host!r}: no name server answers") from None
    if isinstance(answer, Exception):
        raise ConnectionLost(f"cannot find {host!r}: {answer}") from answer
    return answer
