"""Job: what one worker is told on its standard input, one JSON object per line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from planner.runtime.errors import JobError

EXIT_FAILED = 1
"""The worker's own fault; one line on standard error says which."""
EXIT_NEIGHBOUR_LOST = 3
"""A neighbour went away in the middle of a request: look there for the cause."""


@dataclass(frozen=True)
class Job:
    """One stage, and how to run it."""

    stage: int
    """Place in the order of the stages."""
    node: str
    file: str
    """Path of the stage file."""
    backend: str
    threads: int
    inputs: tuple[str, ...]
    """Tensors for the file's arguments."""
    outputs: tuple[str, ...]
    """Tensors of the file's results."""
    sends: tuple[str, ...]
    """Tensors for the next hop; some may only pass through."""
    host: str = "127.0.0.1"
    """Address to listen at for the stage before."""
    wire_busy_s: float | None = None
    """Time for which a message keeps the wire of the hop before; none is the wire's own."""
    wire_delay_s: float = 0.0
    """Further time until it arrives."""
    slowdown: float = 1.0
    """Factor on the time of the computation, at least 1: a slower node."""


def to_line(job: Job) -> str:
    """The job as one line, without its end."""
    return json.dumps(asdict(job))


def parse_line(line: str) -> Job:
    """The job of a line.

    Raises:
        JobError: not JSON, or other fields than those of a job.
    """
    values = parse_object(line)
    for field in fields(Job):
        if isinstance(values.get(field.name), list):
            values[field.name] = tuple(values[field.name])
    try:
        return Job(**values)
    except TypeError as error:
        raise JobError(f"a job does not have these fields: {error}") from error


def parse_object(line: str) -> dict[str, Any]:
    """The JSON object of a line.

    Raises:
        JobError: it is something else.
    """
    try:
        value = json.loads(line)
    except ValueError as error:
        raise JobError(f"not JSON: {line.strip()[:80]!r}") from error
    if not isinstance(value, dict):
        raise JobError(f"not a JSON object: {line.strip()[:80]!r}")
    return value
