"""Sender: the requests of a ring from a thread of its own, so many at a time.

A ring whose messages exceed the socket buffers would stand still if its driver took no answers
while it sends: every process would wait for the next one to take bytes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from planner.runtime.connection import Connection
from planner.runtime.errors import RuntimeFault
from planner.runtime.frames import Frame
from planner.runtime.layout import Array


def request_frame(tensors: Mapping[str, Array], start_s: float, number: int = 0) -> Frame:
    """The message of a request that starts at the given `time.monotonic()`."""
    return Frame(tensors, {"request": number, "sent_s": start_s, "trace": []})


class Sender:
    """Sends one request after another while it is entered.

    Args:
        connection: to the first stage; nobody else sends on it meanwhile.
        tensors: of every request.
        in_flight: requests that may be under way at once.
        deadline_s: for each request, from its start.
    """

    def __init__(
        self,
        connection: Connection,
        tensors: Mapping[str, Array],
        *,
        n_requests: int,
        in_flight: int,
        deadline_s: float,
    ) -> None:
        self._connection = connection
        self._tensors = tensors
        self._n_requests = n_requests
        self._deadline_s = deadline_s
        self._room = threading.Semaphore(in_flight)
        self._starts_s: list[float] = []
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="request-sender")

    def due_s(self, number: int) -> float:
        """By when a request must be answered; one that is about to start counts from now."""
        starts_s = self._starts_s
        return (starts_s[number] if number < len(starts_s) else time.monotonic()) + self._deadline_s

    def answered(self) -> None:
        """Makes room for one more request."""
        self._room.release()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._is_ended = True
            self._connection.shut_down()
            self._room.release()
        self._thread.join()

    def _run(self) -> None:
        for number in range(self._n_requests):
            self._room.acquire()
            if self._is_ended:
                return
            start_s = time.monotonic()
            self._starts_s.append(start_s)
            frame = request_frame(self._tensors, start_s, number)
            try:
                self._connection.send(frame, deadline_s=start_s + self._deadline_s)
            except RuntimeFault:
                return  # whoever waits for the answer sees the same: a worker's end, or the time
