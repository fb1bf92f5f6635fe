"""Probe messages: what a probe and the place that answers it send each other, as frames.

A request's meta says how large the answer shall be; both carry their bytes as one tensor.

    request   {"probe": 1, "answer_bytes": n}
    answer    {"probe": 1}, or {"probe": 1, "refused": reason}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from planner.runtime.connection import Tolerance
from planner.runtime.errors import FrameError
from planner.runtime.frames import Frame
from planner.runtime.layout import Array

DEFAULT_PORT = 47113
MOST_BYTES = 2**23
"""Larger messages are refused, and none is answered with more."""
LONGEST_SILENCE_S = 10.0
"""A place that sends or takes nothing for so long is given up."""
_LEAST_BYTES_PER_S = 125_000
"""A probe only sends messages that take a few seconds; but a link may turn slower on the way."""
_MOST_TOLD = 200
TOLERANCE = Tolerance(silence_s=LONGEST_SILENCE_S, max_payload_bytes=MOST_BYTES)
_VERSION = 1


def patience_s(n_bytes: int) -> float:
    """How long to wait for the end of a message of so many bytes.

    The other end is not silent just because nothing comes from it: what the system has taken to
    send may still be on its way.
    """
    return LONGEST_SILENCE_S + n_bytes / _LEAST_BYTES_PER_S


def legible(text: object) -> str:
    """The beginning of what the other end says, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(text)[:_MOST_TOLD])


def random_bytes(n_bytes: int) -> Array:
    """Bytes that nothing on the way can compress."""
    generator = np.random.default_rng(0)
    values: Array = generator.integers(0, 256, n_bytes, dtype=np.uint8)
    return values


def request(payload: Array, answer_bytes: int) -> Frame:
    """Asks for an answer of so many bytes."""
    return _message(payload, {"answer_bytes": answer_bytes})


def answer(payload: Array) -> Frame:
    """Answers a request."""
    return _message(payload, {})


def refusal(reason: str) -> Frame:
    """Says why there is no answer."""
    return Frame(meta={"probe": _VERSION, "refused": reason})


def asked_bytes(frame: Frame) -> int:
    """How large an answer a request wants.

    Raises:
        FrameError: it is no request, or wants too much.
    """
    _check(frame.meta)
    n_bytes = frame.meta.get("answer_bytes")
    if type(n_bytes) is not int or not 0 <= n_bytes <= MOST_BYTES:
        raise FrameError(f"asks for {n_bytes!r} bytes: an answer has 0 to {MOST_BYTES}")
    return n_bytes


def check_answer(frame: Frame, n_bytes: int) -> None:
    """Makes sure that a frame is the answer that was asked for.

    Raises:
        FrameError: it is not.
    """
    _check(frame.meta)
    if "refused" in frame.meta:
        raise FrameError(f"the other end refuses: {legible(frame.meta['refused'])}")
    if frame.payload_bytes != n_bytes:
        raise FrameError(f"the answer has {frame.payload_bytes} bytes instead of {n_bytes}")


def _message(payload: Array, meta: dict[str, object]) -> Frame:
    tensors = {"bytes": payload} if payload.nbytes else {}
    return Frame(tensors, {"probe": _VERSION, **meta})


def _check(meta: Mapping[str, Any]) -> None:
    if meta.get("probe") != _VERSION:
        raise FrameError(f"is no probe message of version {_VERSION}")
