"""One worker process as its driver sees it: lines in and out, alive or not, and its end."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from planner.engines.hosts import Hosts
from planner.errors import RunError
from planner.runtime.errors import DeadlineExceeded, JobError
from planner.runtime.job import Job, parse_object, to_line
from planner.runtime.pacing import SLICE_S

_COMMAND = (sys.executable, "-m", "planner.runtime.worker")
_PACKAGE_ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """A process of its own session, so that Ctrl-C reaches the driver alone; ended by `stop`.

    It also ends by itself when the driver dies: its standard input closes.
    """

    def __init__(self, job: Job, hosts: Hosts) -> None:
        self.job = job
        self._hosts = hosts
        self._oom_kills_before = hosts.oom_kills(job.node)
        # A file, not a pipe: nobody has to drain it while the worker runs.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed in `stop`
        self._process = subprocess.Popen(
            hosts.command(job.node, _COMMAND),
            # `-m` looks in the working folder first: find this very package, not a namesake.
            cwd=_PACKAGE_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        self._received = b""

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, minus the signal that killed it, or none while it is alive."""
        return self._process.poll()

    @property
    def where(self) -> str:
        """Stage and node, for messages."""
        return f"stage {self.job.stage} on node {self.job.node!r}"

    def send_job(self) -> None:
        """Tells the worker what to run."""
        self._send_line(to_line(self.job))

    def send_next(self, host: str, port: int) -> None:
        """Tells the worker where the next hop leads."""
        self._send_line(json.dumps({"next": [host, port]}))

    def receive(self, deadline_s: float, watch: Callable[[], None]) -> dict[str, Any]:
        """Waits for the worker's next message, and lets `watch` raise if any worker has died.

        Raises:
            DeadlineExceeded: it does not come by the given `time.monotonic()`.
            RunError: it is no message.
        """
        while b"\n" not in self._received:
            # What a worker wrote before it died is in the pipe: look there first.
            if not self._read_available():
                watch()
            if time.monotonic() >= deadline_s:
                raise DeadlineExceeded(f"{self.where} is not ready in time")
        line, _, self._received = self._received.partition(b"\n")
        try:
            return parse_object(line.decode(errors="replace"))
        except JobError as error:
            raise RunError(f"{self.where} answered nonsense: {error}") from error

    def describe_end(self) -> str:
        """How the process ended, with the last line it wrote to standard error."""
        code = self.exit_code
        if code is None:
            how = "is stopped" if self._is_stopped() else "is alive"
        elif self.ran_out_of_memory:
            how = "was killed by the kernel: its node's memory was not enough"
        elif code < 0:
            how = f"was killed by {_signal_name(-code)}"
        else:
            how = f"ended with exit code {code}"
        last = self._last_error_line()
        return f"{self.where} (process {self.pid}) {how}" + (f": {last}" if last else "")

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the kernel killed it for exceeding its node's memory."""
        killed = self.exit_code == -signal.SIGKILL
        return killed and self._hosts.oom_kills(self.job.node) > self._oom_kills_before

    def terminate(self) -> None:
        """Asks the process to end."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a stopped process would not notice

    def stop(self, grace_s: float) -> None:
        """Waits for the end of the process, then makes sure of it; leaves nothing behind."""
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
        finally:
            if self._process.poll() is None:
                self._signal(signal.SIGKILL)
            self._process.wait()
            self._close_files()

    def _close_files(self) -> None:
        for file in (self._process.stdin, self._process.stdout, self._stderr):
            if file is not None:
                with suppress(OSError):
                    file.close()

    def _send_line(self, line: str) -> None:
        if self._process.stdin is None:
            return
        # A broken pipe means a dead worker, which whoever watches reports with its reason.
        with suppress(OSError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _read_available(self) -> bool:
        if self._process.stdout is None:
            return False
        descriptor = self._process.stdout.fileno()
        ready, _, _ = select.select([descriptor], [], [], SLICE_S)
        data = os.read(descriptor, 2**16) if ready else b""
        if ready and not data:
            # The stream has ended, so the worker is ending: do not spin until it has.
            time.sleep(0.01)
        self._received += data
        return bool(data)

    def _signal(self, number: signal.Signals) -> None:
        # The process is not yet reaped, so its group cannot belong to anybody else.
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _is_stopped(self) -> bool:
        with suppress(OSError):
            stat = Path(f"/proc/{self.pid}/stat").read_text()
            return stat.rpartition(")")[2].split()[0] in ("T", "t")
        return False

    def _last_error_line(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
