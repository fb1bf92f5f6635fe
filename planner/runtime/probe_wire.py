"""Probe wire: times messages to a place that answers them, over the runtime's own connections."""

from __future__ import annotations

import socket
import time

from planner.runtime import probe_messages
from planner.runtime.connection import Connection, connect
from planner.runtime.errors import ConnectionLost


class ProbeWire:
    """One end of a probe; never two connections at a time, as the other end takes one by one.

    Args:
        host: name or address of the other end.
        port: where it listens.
        deadline_s: the `time.monotonic()` by which all must be done.
    """

    def __init__(self, host: str, port: int, *, deadline_s: float) -> None:
        self.host = f"{host}:{port}"
        self._deadline_s = deadline_s
        self._bytes = probe_messages.random_bytes(probe_messages.MOST_BYTES)
        self._address = _address(host, port)
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
        start_s = time.perf_counter()
        connection.send(request, deadline_s=self._deadline_s)
        received = connection.receive(deadline_s=self._deadline_s)
        seconds = time.perf_counter() - start_s
        probe_messages.check_answer(received.frame, back_bytes)
        return seconds

    def _connect(self) -> Connection:
        return connect(
            self._port,
            host=self._address,
            deadline_s=min(self._deadline_s, time.monotonic() + probe_messages.LONGEST_SILENCE_S),
            tolerance=probe_messages.TOLERANCE,
        )


def _address(host: str, port: int) -> str:
    """The address of a name, looked up once: that is no part of opening a connection.

    Raises:
        ConnectionLost: the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConnectionLost(f"cannot find {host!r}: {error}") from error
    return str(found[0][4][0])
