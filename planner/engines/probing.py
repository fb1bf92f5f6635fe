"""Probing: measures a link, to a place that serves probes or between two of an engine's hosts."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from netmodel.errors import NetModelError
from netmodel.probe import probe as measure
from netmodel.probe_records import Probe
from planner.engines.hosts import Hosts
from planner.errors import PlannerError, ProbeError
from planner.runtime.connection import endpoint
from planner.runtime.errors import ConnectionLost, FrameError, RuntimeFault
from planner.runtime.probe_messages import legible
from planner.runtime.probe_server import LONGEST_CONNECTION_S
from planner.runtime.probe_wire import ProbeWire

_SERVER = (sys.executable, "-m", "planner.runtime.probe_server")
_PACKAGE_ROOT = Path(__file__).parents[2]
_START_S = 30.0
"""A server that does not listen by then is given up."""
_GRACE_S = 2.0
LEAST_DEADLINE_S = 0.1

Progress = Callable[[str], None]


def probe_place(
    host: str,
    port: int,
    ends: tuple[str, str],
    *,
    deadline_s: float,
    on_step: Progress = lambda step: None,
) -> Probe:
    """Measures the link to a place where `partway probe serve` runs.

    Args:
        host: name or address of it.
        port: where it listens.
        ends: names of this node and of that one.
        deadline_s: seconds after which it ends, with a fit or an error.
        on_step: told what is being done.

    Raises:
        PlannerError: a deadline that no probe can have.
        ProbeError: the place is not there, silent, something else, or too slow for the deadline.
    """
    if not LEAST_DEADLINE_S <= deadline_s <= LONGEST_CONNECTION_S:
        raise PlannerError(
            f"a probe cannot have {deadline_s:g} s: allow {LEAST_DEADLINE_S:g} to "
            f"{LONGEST_CONNECTION_S:g} s"
        )
    place = endpoint(host, port)
    try:
        wire = ProbeWire(host, port, deadline_s=time.monotonic() + deadline_s)
        try:
            return measure(wire, *ends, on_step=on_step)
        finally:
            wire.close()
    except NetModelError as error:
        raise ProbeError(f"{place}: {error}") from error
    except RuntimeFault as error:
        raise ProbeError(f"{place}: {legible(error)}; {_next_step(error)}") from error


def probe_between(
    hosts: Hosts, source: str, target: str, *, deadline_s: float, on_step: Progress = lambda s: None
) -> Probe:
    """Measures the link between two hosts, one of which serves in a process of its own.

    Raises:
        PlannerError: no process can be started there.
        ProbeError: as `probe_place`.
    """
    reason = hosts.skip_reason((source, target))
    if reason is not None:
        raise PlannerError(f"the link {source} -> {target} cannot be measured here: {reason}")
    with server_on(hosts, target) as port, hosts.inside(source):
        return probe_place(
            hosts.address(target), port, (source, target), deadline_s=deadline_s, on_step=on_step
        )


@contextmanager
def server_on(hosts: Hosts, node: str) -> Iterator[int]:
    """A server on a node, at the given port as long as the block runs."""
    process = subprocess.Popen(
        hosts.command(node, (*_SERVER, hosts.address(node), "0")),
        cwd=_PACKAGE_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        line = _first_line(process)
        if line is None:
            raise PlannerError(
                f"the probe server on node {node!r} has not started within {_START_S:g} s"
            )
        if not line:
            _, errors = process.communicate()
            said = (errors.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
            raise PlannerError(f"no probe server could be started on node {node!r}: {said}")
        yield int(json.loads(line)["port"])
    finally:
        _end(process)


def _first_line(process: subprocess.Popen[bytes]) -> bytes | None:
    """What a server says when it listens; nothing if it has ended, none if it says nothing."""
    if process.stdout is None or not select.select([process.stdout], [], [], _START_S)[0]:
        return None
    return process.stdout.readline()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closes the server's input, at which it ends; else makes it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _next_step(error: RuntimeFault) -> str:
    if isinstance(error, FrameError) and "refuses" in str(error):
        return "make sure that both ends run the same version"
    if isinstance(error, FrameError):
        return "something else than `partway probe serve` answers there: look at host and port"
    if isinstance(error, ConnectionLost) and "refused" in str(error):
        return "start `partway probe serve` there first"
    if "cannot find" in str(error):
        return "look at the name, or give an address"
    return "make sure that `partway probe serve` runs there and that no firewall is between"
