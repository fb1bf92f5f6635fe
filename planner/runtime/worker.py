"""Worker process of one stage: `python -m planner.runtime.worker`, started by an engine.

    driver                      worker
      │ {"stage": 0, "file": …}   │  stdin    job
      ├──────────────────────────>│           load the stage, listen
      │ {"port": 41234}           │  stdout
      │<──────────────────────────┤
      │ {"next": [host, port]}    │  stdin
      ├──────────────────────────>│           connect to the next, accept the previous
      │ {"ready": true}           │  stdout
      │<──────────────────────────┤
      │                           │  TCP      frames in, frames out, until the previous closes

A frame's meta carries `sent_s`, when its sender had it ready, and `trace`, to which every stage
adds its times; or `error`, which later stages hand on; or `peaks`, to which every stage adds its
memory, and which has no tensors.

One thread receives, computes and sends. Where several requests are under way, those that wait for
a stage wait in the system's socket buffers, and the memory of the process stays that of one.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from planner.runtime.connection import Connection, Received, accept, connect, listen
from planner.runtime.control import ControlChannel
from planner.runtime.errors import ConnectionClosed, ConnectionLost
from planner.runtime.frames import Frame
from planner.runtime.job import EXIT_FAILED, EXIT_NEIGHBOUR_LOST, Job, parse_line
from planner.runtime.pacing import PacedWire, WireTime, wait_until
from planner.runtime.stage import LoadedStage
from profiler.process import (
    LoadingPeak,
    die_with_parent,
    peak_anonymous_bytes,
    pin_allocator,
    reset_peak,
    return_freed_memory,
    thrifty_allocator,
)


class Worker:
    """Answers frames from one connection on the other."""

    def __init__(
        self,
        job: Job,
        stage: LoadedStage,
        *,
        loading_bytes: int,
        incoming: Connection,
        outgoing: Connection,
    ) -> None:
        self._job = job
        self._stage = stage
        self._loading_bytes = loading_bytes
        self._incoming = incoming
        self._outgoing = outgoing
        self._wire = None
        if job.wire_busy_s is not None:
            self._wire = PacedWire(WireTime(job.wire_busy_s, job.wire_delay_s))

    def serve(self) -> None:
        """Works until the previous end closes its connection.

        Raises:
            ConnectionLost: a neighbour went away in the middle of a request.
            FrameError: what came is not a frame.
        """
        while True:
            try:
                received = self._incoming.receive()
            except ConnectionClosed:
                return
            self._answer(received)
            del received  # not to be held while the next one arrives

    def _answer(self, received: Received) -> None:
        meta = received.frame.meta
        if "error" in meta:
            self._outgoing.send(received.frame)
        elif "peaks" in meta:
            peak_bytes = max(self._loading_bytes, peak_anonymous_bytes())
            self._outgoing.send(Frame(meta={"peaks": [*meta["peaks"], peak_bytes]}))
        else:
            self._run(received)

    def _run(self, received: Received) -> None:
        if self._wire is not None:
            wait_until(self._wire.arrival_s(received.frame.meta["sent_s"]))
        try:
            run = self._stage.run(received.frame.tensors)
        except Exception as error:  # noqa: BLE001  a kernel raises what it likes; the driver tells
            self._outgoing.send(Frame(meta={"error": self._describe(error)}))
            return
        record = {"compute_start_s": run.start_s, "compute_end_s": run.end_s}
        self._outgoing.send(Frame(run.sends, _with_record(received.frame.meta, record)))

    def _describe(self, error: Exception) -> str:
        return (
            f"stage {self._job.stage} on node {self._job.node!r} failed: "
            f"{type(error).__name__}: {error}"
        )


def _with_record(meta: Mapping[str, Any], record: dict[str, float]) -> dict[str, Any]:
    trace = [*meta.get("trace", ()), record]
    return {**meta, "trace": trace, "sent_s": record["compute_end_s"]}


def run(channel: ControlChannel) -> None:
    """Loads the stage, joins the ring, and works."""
    job = parse_line(channel.receive_line())
    thrifty_allocator()
    with LoadingPeak() as loading:
        stage = LoadedStage(job)
    return_freed_memory()
    pin_allocator()  # only now: what loading needed and freed shall not stay in the process
    reset_peak()
    with listen(job.host) as listener:
        channel.send(port=listener.getsockname()[1])
        host, port = channel.receive()["next"]
        with connect(port, host=host) as outgoing, accept(listener) as incoming:
            channel.send(ready=True)
            Worker(
                job,
                stage,
                loading_bytes=loading.n_bytes,
                incoming=incoming,
                outgoing=outgoing,
            ).serve()


def main() -> int:
    """Runs one worker; returns the exit code."""
    die_with_parent()
    try:
        run(ControlChannel())
    except ConnectionLost as error:
        return _fail(error, EXIT_NEIGHBOUR_LOST)
    except Exception as error:  # noqa: BLE001  the last line of defence: one line, not a traceback
        return _fail(error, EXIT_FAILED)
    return 0


def _fail(error: Exception, code: int) -> int:
    text = " ".join(str(error).split())
    sys.stderr.write(f"{type(error).__name__}: {text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
