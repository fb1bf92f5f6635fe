"""Connection: frames over one warm TCP connection, with deadlines.

All times are those of `time.monotonic()`, which the processes of one machine share.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from planner.runtime import frames
from planner.runtime.errors import (
    ConnectionClosed,
    ConnectionLost,
    DeadlineExceeded,
    EndOfStream,
)
from planner.runtime.frames import Frame
from planner.runtime.pacing import SLICE_S

LOOPBACK = "127.0.0.1"

Watch = Callable[[], None]
"""Called at least every `SLICE_S` while waiting; raises to end the wait."""


@dataclass(frozen=True)
class Received:
    """A frame and when it came."""

    frame: Frame
    start_s: float
    """First byte."""
    end_s: float
    """Last byte."""


@dataclass(frozen=True)
class Tolerance:
    """What a connection takes from the other end."""

    silence_s: float | None = None
    """Longest wait for further bytes, or until bytes are taken; none waits for ever."""
    max_payload_bytes: int = frames.MAX_PAYLOAD_BYTES
    """Of a frame that is received."""


class Connection:
    """One end of a TCP connection that carries frames.

    Args:
        sock: connected; the connection closes it.
        watch: looks after other processes during waits.
        tolerance: of what the other end does.
    """

    def __init__(
        self,
        sock: socket.socket,
        watch: Watch | None = None,
        tolerance: Tolerance = Tolerance(),
    ) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._sock = sock
        self._watch = watch
        self._tolerance = tolerance

    def send(self, frame: Frame, *, deadline_s: float | None = None) -> None:
        """Sends one frame; returns when the system has taken all of it.

        Raises:
            ConnectionLost: the other end is gone.
            DeadlineExceeded: it does not take the bytes in time.
        """
        for piece in frames.encode(frame):
            self._send_all(piece, deadline_s)

    def receive(self, *, deadline_s: float | None = None) -> Received:
        """Waits for one frame.

        Raises:
            ConnectionClosed: the other end closed the connection between frames.
            ConnectionLost: it is gone in the middle of one.
            DeadlineExceeded: the frame is not there in time.
            FrameError: what came is not a frame.
        """
        reader = _Reader(self, deadline_s)
        try:
            frame = frames.read(reader, max_payload_bytes=self._tolerance.max_payload_bytes)
        except EndOfStream as error:
            raise ConnectionClosed("the other end closed the connection") from error
        return Received(frame, reader.start_s, time.monotonic())

    def receive_some(self, buffer: memoryview, deadline_s: float | None) -> int:
        """Waits for at least one byte; 0 at the end of the stream."""
        deadline_s = self._patience_s(deadline_s)
        while True:
            self._set_timeout(deadline_s)
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            except OSError as error:
                raise ConnectionLost(f"receiving failed: {error}") from error

    def shut_down(self) -> None:
        """Ends both directions: whoever sends or receives, in any thread, fails at once."""
        with suppress(OSError):  # the other end may have gone already
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connection; the other end sees the end of the stream."""
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _send_all(self, data: memoryview, deadline_s: float | None) -> None:
        last_s = self._patience_s(deadline_s)
        while data:
            self._set_timeout(last_s)
            try:
                data = data[self._sock.send(data) :]
                last_s = self._patience_s(deadline_s)
            except TimeoutError:
                continue
            except OSError as error:
                raise ConnectionLost(f"sending failed: {error}") from error

    def _patience_s(self, deadline_s: float | None) -> float | None:
        """When to give up if nothing moves from now on."""
        if self._tolerance.silence_s is None:
            return deadline_s
        silent_s = time.monotonic() + self._tolerance.silence_s
        return silent_s if deadline_s is None else min(deadline_s, silent_s)

    def _set_timeout(self, deadline_s: float | None) -> None:
        if self._watch is not None:
            self._watch()
        self._sock.settimeout(next_wait_s(deadline_s, self._watch))


class _Reader:
    """The bytes of one frame of a connection."""

    def __init__(self, connection: Connection, deadline_s: float | None) -> None:
        self._connection = connection
        self._deadline_s = deadline_s
        self.start_s = 0.0

    def readinto(self, buffer: memoryview, /) -> int:
        n_read = self._connection.receive_some(buffer, self._deadline_s)
        if not self.start_s:
            self.start_s = time.monotonic()
        elif not n_read:
            raise ConnectionLost("the connection ended in the middle of a frame")
        return n_read


def next_wait_s(deadline_s: float | None, watch: Watch | None) -> float | None:
    """How long the next blocking call may take; none if it may wait for ever.

    Raises:
        DeadlineExceeded: no time is left.
    """
    longest_s = None if watch is None else SLICE_S
    if deadline_s is None:
        return longest_s
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise DeadlineExceeded("no more time is left")
    return left_s if longest_s is None else min(left_s, longest_s)


def endpoint(host: str, port: int) -> str:
    """How a person writes it: addresses of IPv6 stand in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(host: str = LOOPBACK, port: int = 0) -> socket.socket:
    """A listening socket at an address of this machine.

    Args:
        host: address of an interface; the loopback's reaches nobody else, `::` all of both IP
            versions.
        port: 0 takes a free one.

    Raises:
        ConnectionLost: the address is not this machine's, or the port is taken.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        is_dual = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, dualstack_ipv6=is_dual)
    except OSError as error:
        raise ConnectionLost(f"cannot listen at {endpoint(host, port)}: {error}") from error


def accept(
    listener: socket.socket,
    *,
    deadline_s: float | None = None,
    watch: Watch | None = None,
    tolerance: Tolerance = Tolerance(),
) -> Connection:
    """Waits for the one connection to a listening socket.

    Raises:
        DeadlineExceeded: nobody connects in time.
    """
    while True:
        if watch is not None:
            watch()
        listener.settimeout(next_wait_s(deadline_s, watch))
        try:
            sock, _ = listener.accept()
        except TimeoutError:
            continue
        return Connection(sock, watch, tolerance)


def connect(
    port: int,
    *,
    host: str = LOOPBACK,
    deadline_s: float | None = None,
    watch: Watch | None = None,
    tolerance: Tolerance = Tolerance(),
) -> Connection:
    """Connects to a listening socket.

    Raises:
        ConnectionLost: nobody listens, or the system has given up.
        DeadlineExceeded: nobody answers in time.
    """
    timeout_s = next_wait_s(deadline_s, None)
    try:
        sock = socket.create_connection((host, port), timeout_s)
    except OSError as error:
        if deadline_s is not None and time.monotonic() >= deadline_s:
            raise DeadlineExceeded(f"{endpoint(host, port)} does not answer in time") from error
        raise ConnectionLost(f"cannot connect to {endpoint(host, port)}: {error}") from error
    return Connection(sock, watch, tolerance)
