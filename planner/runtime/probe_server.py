"""Probe server: answers the messages of probes; `python -m planner.runtime.probe_server HOST PORT`.

As a process of its own it writes {"port": …} to standard output when it listens, and ends when its
standard input does.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from planner.runtime import probe_messages
from planner.runtime.connection import Connection, accept, listen
from planner.runtime.control import ControlChannel
from planner.runtime.errors import ConnectionClosed, FrameError, RuntimeFault
from profiler.process import die_with_parent

LONGEST_CONNECTION_S = 3600.0
"""A client that is not done by then is given up."""
LONGEST_REQUEST_S = 120.0
"""So is one that takes longer from one answer to the next."""
_PAUSE_S = 0.1
"""After a client that the system cannot accept: what it lacks, it lacks for a while."""


class ProbeServer:
    """Answers one connection after another: two probes at a time would measure each other.

    It holds one message and one answer of at most `MOST_BYTES` each. A client that is silent, asks
    for too much or sends something else is told so if it can be, and given up.

    Args:
        listener: where clients connect; the server does not close it.
        on_end: told why a client was given up.
    """

    def __init__(
        self, listener: socket.socket, on_end: Callable[[str], None] = lambda reason: None
    ) -> None:
        self._listener = listener
        self._on_end = on_end
        self._bytes = probe_messages.random_bytes(probe_messages.MOST_BYTES)

    def serve(self) -> None:
        """Works until it is interrupted.

        Raises:
            OSError: the listener has been closed.
        """
        while True:
            self.serve_one()

    def serve_one(self) -> None:
        """Answers the next client until it leaves.

        Raises:
            OSError: the listener has been closed.
        """
        try:
            accepted = accept(self._listener, tolerance=probe_messages.TOLERANCE)
        except OSError as error:
            if self._listener.fileno() < 0:
                raise
            self._on_end(f"a client could not be accepted: {error}")
            time.sleep(_PAUSE_S)
            return
        with accepted as connection:
            try:
                self._answer_all(connection)
            except ConnectionClosed:
                return
            except FrameError as error:
                reason = probe_messages.legible(error)
                self._on_end(f"a client was refused: {reason}")
                _refuse(connection, reason)
            except RuntimeFault as error:
                self._on_end(f"a client was given up: {error}")

    def _answer_all(self, connection: Connection) -> None:
        end_s = time.monotonic() + LONGEST_CONNECTION_S
        while True:
            deadline_s = min(end_s, time.monotonic() + LONGEST_REQUEST_S)
            received = connection.receive(deadline_s=deadline_s)
            n_bytes = probe_messages.asked_bytes(received.frame)
            connection.send(probe_messages.answer(self._bytes[:n_bytes]), deadline_s=deadline_s)


def _refuse(connection: Connection, reason: str) -> None:
    with suppress(RuntimeFault):  # it may be gone, or never have listened
        connection.send(
            probe_messages.refusal(reason),
            deadline_s=time.monotonic() + probe_messages.LONGEST_SILENCE_S,
        )


def main() -> None:
    """Serves at the address and port of the command line until standard input ends."""
    die_with_parent()
    host, port = sys.argv[1], int(sys.argv[2])
    channel = ControlChannel()
    with listen(host, port) as listener:
        channel.send(port=listener.getsockname()[1])
        ProbeServer(listener).serve()


if __name__ == "__main__":
    main()
