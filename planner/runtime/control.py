"""Control channel of a worker: JSON lines on its standard streams, to and from the driver."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any

from planner.runtime.job import EXIT_NEIGHBOUR_LOST, parse_object


class ControlChannel:
    """Takes over the standard streams; ends the process when the driver is gone.

    Libraries that print must not write between our lines: what they print to standard output
    goes to standard error.
    """

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._watch, daemon=True, name="driver-watch").start()

    def receive_line(self) -> str:
        """Waits for the driver's next line."""
        return self._lines.get()

    def receive(self) -> dict[str, Any]:
        """Waits for the driver's next JSON object.

        Raises:
            JobError: the line is something else.
        """
        return parse_object(self.receive_line())

    def send(self, **fields: object) -> None:
        """Tells the driver something."""
        self._out.write(json.dumps(fields) + "\n")

    def _watch(self) -> None:
        for line in sys.stdin:
            self._lines.put(line)
        # The main thread may be inside a kernel or a blocking read: nothing else ends it at once.
        os._exit(EXIT_NEIGHBOUR_LOST)
