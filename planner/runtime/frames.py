"""Frames: named tensors and a little JSON as bytes, the same in files and on the wire.

    3 bytes   "PWF"
    1 byte    version, 1
    4 bytes   length of the header, little-endian
    header    JSON: {"tensors": [{"name", "dtype", "shape", "strides", "n_bytes"}, …], "meta": {…}}
    …         the bytes of each tensor, in the order of the header, little-endian

Strides are counted in elements; null stands for C order. Nothing that is received is executed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from planner.runtime.errors import EndOfStream, FrameError
from planner.runtime.frame_header import TensorEntry, entry_of, native, parse_header
from planner.runtime.layout import Array, from_memory, to_memory

MAX_HEADER_BYTES = 2**20
"""Enough for thousands of tensors."""
MAX_PAYLOAD_BYTES = 2**34
"""A longer frame is refused before memory is reserved for it."""

_PREFIX = struct.Struct("<3sBI")
_MAGIC, _VERSION = b"PWF", 1


class ByteSink(Protocol):
    """Where a frame can be written: a binary file, for instance."""

    def write(self, data: memoryview, /) -> object:
        """Takes all of the bytes."""
        ...


class ByteSource(Protocol):
    """Where a frame can be read from: a binary file, or a connection."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fills the beginning of the buffer and returns how much; 0 at the end of the stream."""
        ...


@dataclass(frozen=True)
class Frame:
    """Named tensors, and facts about them."""

    tensors: Mapping[str, Array] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    """JSON values."""

    @property
    def payload_bytes(self) -> int:
        """Bytes of the tensors, without the header."""
        return sum(array.nbytes for array in self.tensors.values())


def encode(frame: Frame) -> list[memoryview]:
    """The bytes of a frame, one piece per tensor after the header; pieces share tensor memory.

    Raises:
        FrameError: a type of element that frames do not carry, or a header beyond its limit.
    """
    entries, pieces = [], []
    for name, array in frame.tensors.items():
        memory, strides = to_memory(native(name, array))
        entries.append(entry_of(name, array, strides))
        pieces.append(memory.data)
    fields = {"tensors": entries, "meta": dict(frame.meta)}
    header = json.dumps(fields, separators=(",", ":")).encode()
    if len(header) > MAX_HEADER_BYTES:
        raise FrameError(f"header of {len(header)} bytes exceeds {MAX_HEADER_BYTES}")
    return [memoryview(_PREFIX.pack(_MAGIC, _VERSION, len(header)) + header), *pieces]


def write(sink: ByteSink, frame: Frame) -> None:
    """Writes one frame.

    Raises:
        FrameError: as `encode`.
    """
    for piece in encode(frame):
        sink.write(piece)


def read(source: ByteSource, *, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> Frame:
    """Reads one frame; its arrays are writable and own their memory.

    Raises:
        EndOfStream: there is nothing more to read.
        FrameError: the bytes are not a frame, end early, or announce more than allowed.
    """
    prefix = bytearray(_PREFIX.size)
    if not source.readinto(memoryview(prefix)[:1]):
        raise EndOfStream("no further frame")
    _fill(source, memoryview(prefix)[1:], "prefix")
    header = bytearray(_header_bytes(prefix))
    _fill(source, memoryview(header), "header")
    entries, meta = parse_header(header)
    _check_size(entries, max_payload_bytes)
    return Frame({entry.name: _read_tensor(source, entry) for entry in entries}, meta)


def save(path: Path, tensors: Mapping[str, Array]) -> None:
    """Writes tensors as a file of one frame."""
    with path.open("wb") as sink:
        write(sink, Frame(tensors))


def load(path: Path) -> dict[str, Array]:
    """Tensors of a file of one frame.

    Raises:
        FrameError: the file is not exactly one frame.
        OSError: the file cannot be read.
    """
    try:
        with path.open("rb") as source:
            frame = read(source, max_payload_bytes=path.stat().st_size)
            if source.read(1):
                raise FrameError("bytes follow after the frame")
    except FrameError as error:
        raise FrameError(f"{path}: {error}") from error
    return dict(frame.tensors)


def _header_bytes(prefix: bytearray) -> int:
    magic, version, n_bytes = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise FrameError(f"begins with {bytes(prefix[:3])!r}, not with {_MAGIC!r}: not a frame")
    if version != _VERSION:
        raise FrameError(f"is of version {version}, but this program reads version {_VERSION}")
    if n_bytes > MAX_HEADER_BYTES:
        raise FrameError(f"announces a header of {n_bytes} bytes, more than {MAX_HEADER_BYTES}")
    return int(n_bytes)


def _check_size(entries: Iterable[TensorEntry], max_payload_bytes: int) -> None:
    n_bytes = sum(entry.n_bytes for entry in entries)
    if n_bytes > max_payload_bytes:
        raise FrameError(f"announces {n_bytes} bytes of tensors, more than {max_payload_bytes}")


def _read_tensor(source: ByteSource, entry: TensorEntry) -> Array:
    memory = np.empty(entry.n_bytes, np.uint8)
    try:
        array = from_memory(memory, entry.dtype, entry.shape, entry.strides)
    except ValueError as error:
        raise FrameError(f"tensor {entry.name!r}: {error}") from error
    _fill(source, memory.data, f"tensor {entry.name!r}")
    return array


def _fill(source: ByteSource, buffer: memoryview, what: str) -> None:
    filled = 0
    while filled < len(buffer):
        n_read = source.readinto(buffer[filled:])
        if not n_read:
            raise FrameError(f"truncated: {what} ends after {filled} of {len(buffer)} bytes")
        filled += n_read
