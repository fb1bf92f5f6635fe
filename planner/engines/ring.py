"""Ring: the workers of one partition, connected, from their start to their certain end."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from planner.engines.hosts import Hosts
from planner.engines.measurement import RequestTrace
from planner.engines.sender import Sender, request_frame
from planner.engines.worker_process import WorkerProcess
from planner.errors import OutOfMemoryError, RunError
from planner.runtime.connection import Connection, accept, connect, listen
from planner.runtime.errors import ConnectionLost, DeadlineExceeded, FrameError
from planner.runtime.frames import Frame
from planner.runtime.job import EXIT_NEIGHBOUR_LOST, Job
from planner.runtime.layout import Array
from planner.runtime.pacing import PacedWire, WireTime, wait_until

_GRACE_S = 2.0
"""For workers to end once their connections are closed."""
_REAP_S = 1.0
"""A dying process closes its connections before it can be waited for."""


@dataclass(frozen=True)
class Answer:
    """What came back for one of several requests in flight."""

    tensors: Mapping[str, Array]
    end_s: float
    """When it was there, by `time.monotonic()`."""


class Ring:
    """Warm connections through all workers and back; made by `open_ring`."""

    def __init__(
        self,
        workers: Sequence[WorkerProcess],
        *,
        first: Connection,
        last: Connection,
        wire: WireTime | None,
    ) -> None:
        self._workers = workers
        self._first = first
        self._last = last
        self._wire = None if wire is None else PacedWire(wire)
        self.was_used = False
        """Whether a request has gone around, so that connections are no longer fresh."""

    def request(
        self, tensors: Mapping[str, Array], *, deadline_s: float
    ) -> tuple[RequestTrace, Mapping[str, Array]]:
        """Sends one request around.

        Args:
            tensors: for the first stage.
            deadline_s: seconds from now.

        Raises:
            RunError: a worker died, stalled or failed.
        """
        self.was_used = True
        start_s = time.monotonic()
        end_s, frame = self._exchange(request_frame(tensors, start_s), start_s + deadline_s)
        return _trace_of(frame, start_s, end_s), frame.tensors

    def answers(
        self,
        tensors: Mapping[str, Array],
        *,
        n_requests: int,
        in_flight: int,
        deadline_s: float,
    ) -> Generator[Answer, None, None]:
        """Sends requests around, several at a time, and yields their answers in order.

        Args:
            tensors: for the first stage, of every request.
            n_requests: how many in all.
            in_flight: how many at a time.
            deadline_s: for each, from its start.

        Raises:
            RunError: as `request`, or an answer that is not the next request's.
        """
        sender = Sender(
            self._first,
            tensors,
            n_requests=n_requests,
            in_flight=in_flight,
            deadline_s=deadline_s,
        )
        # The fault is explained before the sender ends the connection, and so the first worker.
        with sender, _explained(self._workers):
            for number in range(n_requests):
                end_s, frame = self._receive(sender.due_s(number))
                sender.answered()
                if frame.meta["request"] != number:
                    got = frame.meta["request"]
                    raise RunError(f"request {got} was answered where {number} was due")
                yield Answer(frame.tensors, end_s)

    def peak_bytes(self, *, deadline_s: float) -> list[int]:
        """Most anonymous memory that each worker has had.

        Raises:
            RunError: as `request`.
        """
        _, frame = self._exchange(Frame(meta={"peaks": []}), time.monotonic() + deadline_s)
        return list(frame.meta["peaks"])

    def _exchange(self, frame: Frame, due_s: float) -> tuple[float, Frame]:
        with _explained(self._workers):
            self._first.send(frame, deadline_s=due_s)
            return self._receive(due_s)

    def _receive(self, due_s: float) -> tuple[float, Frame]:
        """The next frame, and when it was there: later than it came if the last hop is paced."""
        received = self._last.receive(deadline_s=due_s)
        frame = received.frame
        if "error" in frame.meta:
            raise RunError(frame.meta["error"])
        if self._wire is None or "sent_s" not in frame.meta:
            return received.end_s, frame
        arrival_s = self._wire.arrival_s(frame.meta["sent_s"])
        wait_until(min(arrival_s, due_s), _Watch(self._workers))
        if arrival_s > due_s:
            raise DeadlineExceeded("the last hop takes longer than is left")
        return time.monotonic(), frame


@contextmanager
def open_ring(
    jobs: Sequence[Job],
    ends: tuple[str, str],
    *,
    hosts: Hosts,
    startup_deadline_s: float,
    wire: WireTime | None = None,
) -> Iterator[Ring]:
    """Starts one worker per job, all at once, and connects them; ends them all in any case.

    Args:
        jobs: of the stages, in order.
        ends: the nodes where requests start and where answers end; this process stands for both.
        hosts: where the workers run.
        startup_deadline_s: for all workers to be loaded and connected.
        wire: what the last hop shall take; none takes its own time.

    Raises:
        RunError: a worker does not load its stage, or not in time.
    """
    deadline_s = time.monotonic() + startup_deadline_s
    source, sink = ends
    with ExitStack() as stack:
        workers = stack.enter_context(_running_workers(jobs, hosts))
        stack.enter_context(_explained(workers))
        with hosts.inside(sink):
            listener = stack.enter_context(closing(listen(hosts.address(sink))))
        addresses = [
            *zip((job.host for job in jobs), _ports(workers, deadline_s), strict=True),
            (hosts.address(sink), listener.getsockname()[1]),
        ]
        for worker, (host, port) in zip(workers, addresses[1:], strict=True):
            worker.send_next(host, port)
        watch = _Watch(workers)
        host, port = addresses[0]
        with hosts.inside(source):
            first = connect(port, host=host, deadline_s=deadline_s, watch=watch)
        with first, accept(listener, deadline_s=deadline_s, watch=watch) as last:
            for worker in workers:
                worker.receive(deadline_s, watch)
            yield Ring(workers, first=first, last=last, wire=wire)


@contextmanager
def _running_workers(jobs: Sequence[Job], hosts: Hosts) -> Iterator[list[WorkerProcess]]:
    workers: list[WorkerProcess] = []
    with ExitStack() as ends:
        try:
            for job in jobs:
                worker = WorkerProcess(job, hosts)
                ends.callback(worker.stop, _GRACE_S)
                workers.append(worker)
            for worker in workers:
                worker.send_job()
            yield workers
        except BaseException:
            for worker in workers:
                worker.terminate()
            raise


def _ports(workers: Sequence[WorkerProcess], deadline_s: float) -> list[int]:
    watch = _Watch(workers)
    return [int(worker.receive(deadline_s, watch)["port"]) for worker in workers]


class _Watch:
    """Raises if a worker has ended."""

    def __init__(self, workers: Sequence[WorkerProcess]) -> None:
        self._workers = workers

    def __call__(self) -> None:
        if any(worker.exit_code is not None for worker in self._workers):
            raise ConnectionLost("a worker has ended")


@contextmanager
def _explained(workers: Sequence[WorkerProcess]) -> Iterator[None]:
    """Turns a fault into the reason for it: which worker, on which node, and how it ended."""
    try:
        yield
    except DeadlineExceeded as error:
        states = "; ".join(worker.describe_end() for worker in workers)
        raise RunError(f"no answer within the deadline: {states}") from error
    except (ConnectionLost, FrameError) as error:
        culprit = _culprit(workers)
        if culprit is None:
            raise RunError(str(error)) from error
        kind = OutOfMemoryError if culprit.ran_out_of_memory else RunError
        raise kind(culprit.describe_end()) from error


def _culprit(workers: Sequence[WorkerProcess]) -> WorkerProcess | None:
    """The worker that ended for its own reason; others follow as their neighbours vanish."""
    give_up_s = time.monotonic() + _REAP_S
    while True:
        ended = [worker for worker in workers if worker.exit_code is not None]
        for worker in ended:
            if worker.exit_code not in (0, EXIT_NEIGHBOUR_LOST):
                return worker
        if time.monotonic() >= give_up_s:
            return ended[0] if ended else None
        time.sleep(0.01)


def _trace_of(frame: Frame, start_s: float, end_s: float) -> RequestTrace:
    records = frame.meta["trace"]
    sends_s = [start_s, *(record["compute_end_s"] for record in records)]
    ends_s = [*(record["compute_start_s"] for record in records), end_s]
    return RequestTrace(
        compute_s=tuple(r["compute_end_s"] - r["compute_start_s"] for r in records),
        transfer_s=tuple(end - send for send, end in zip(sends_s, ends_s, strict=True)),
        latency_s=end_s - start_s,
    )
