"""ONNX files whose weights can stay in the file: laid out for mapping, and read without them.

A runtime that parses a whole model file holds its weights once more while it loads. So the file is
written with every large weight on an aligned offset, and read as a model without weights that
refers back to the same file; the runtime then maps them. It stays one ordinary ONNX file.

Source: protobuf's wire format, https://protobuf.dev/programming-guides/encoding; field numbers of
ModelProto, GraphProto, TensorProto and StringStringEntryProto in onnx.proto.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from profiler.errors import BackendError

_GRAPH, _INITIALIZER, _RAW_DATA, _DOC_STRING, _EXTERNAL_DATA, _DATA_LOCATION = 7, 5, 9, 12, 13, 14
_KEY, _VALUE = 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SMALLEST_BYTES = 4096
"""A smaller weight stays where it is: mapping it would gain nothing."""
_ALIGNMENT = 64
"""Of a weight's offset: a cache line, and more than any type of element asks for."""
_LENGTH_BYTES = 5
"""Of a length whose value is not known yet: protobuf reads numbers with leading zeros too."""


@dataclass(frozen=True)
class _Field:
    """One field of a message, by offsets into the buffer."""

    number: int
    kind: int
    start: int
    """Of its tag."""
    payload: int
    stop: int

    def is_message(self, number: int) -> bool:
        return self.number == number and self.kind == _BYTES


def aligned(model: bytes) -> bytes:
    """The same model with its large weights at aligned offsets.

    Raises:
        BackendError: the bytes are no protobuf message.
    """
    view = memoryview(model)
    fields = list(_fields(view, 0, len(view)))
    out = bytearray()
    for field in (f for f in fields if not f.is_message(_GRAPH)):
        out += view[field.start : field.stop]
    for field in (f for f in fields if f.is_message(_GRAPH)):
        with_length = _Open(out, _GRAPH)
        for inner in _fields(view, field.payload, field.stop):
            if inner.is_message(_INITIALIZER):
                _append_aligned(out, view, inner)
            else:
                out += view[inner.start : inner.stop]
        with_length.close()
    return bytes(out)


def without_weights(path: Path) -> bytes:
    """The model of a file, with references to the file instead of its large aligned weights.

    Raises:
        BackendError: the file cannot be read, is empty, or is no protobuf message.
    """
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            memoryview(data) as view,
        ):
            return _stripped(view, path.name)
    except OSError as error:
        raise BackendError(f"cannot load {path}: {error.strerror}") from error
    except (ValueError, BackendError) as error:
        raise BackendError(f"cannot load {path}: no ONNX model: {error}: emit again") from error


def _stripped(view: memoryview, name: str) -> bytes:
    out = bytearray()
    for field in _fields(view, 0, len(view)):
        if not field.is_message(_GRAPH):
            out += view[field.start : field.stop]
            continue
        with_length = _Open(out, _GRAPH)
        for inner in _fields(view, field.payload, field.stop):
            if inner.is_message(_INITIALIZER):
                _append_reference(out, view, inner, name)
            else:
                out += view[inner.start : inner.stop]
        with_length.close()
    return bytes(out)


def _append_aligned(out: bytearray, view: memoryview, tensor: _Field) -> None:
    raw = _weight(view, tensor)
    if raw is None:
        out += view[tensor.start : tensor.stop]
        return
    with_length = _Open(out, _INITIALIZER)
    for field in _fields(view, tensor.payload, tensor.stop):
        if field.number not in (_RAW_DATA, _DOC_STRING):
            out += view[field.start : field.stop]
    # An empty-looking doc string, of a length that puts the bytes after it in their place.
    head = 2 + 1 + _LENGTH_BYTES
    out += bytes((_DOC_STRING << 3 | _BYTES, pad := -(len(out) + head) % _ALIGNMENT))
    out += b" " * pad
    weight = _Open(out, _RAW_DATA)
    out += view[raw.payload : raw.stop]
    weight.close()
    with_length.close()


def _append_reference(out: bytearray, view: memoryview, tensor: _Field, name: str) -> None:
    raw = _weight(view, tensor)
    if raw is None or raw.payload % _ALIGNMENT:
        out += view[tensor.start : tensor.stop]
        return
    with_length = _Open(out, _INITIALIZER)
    for field in _fields(view, tensor.payload, tensor.stop):
        if field.number not in (_RAW_DATA, _DOC_STRING):
            out += view[field.start : field.stop]
    place = {"location": name, "offset": raw.payload, "length": raw.stop - raw.payload}
    for key, value in place.items():
        entry = _Open(out, _EXTERNAL_DATA)
        for number, text in ((_KEY, key), (_VALUE, str(value))):
            part = _Open(out, number)
            out += text.encode()
            part.close()
        entry.close()
    out += bytes((_DATA_LOCATION << 3 | _VARINT, 1))  # 1: EXTERNAL
    with_length.close()


def _weight(view: memoryview, tensor: _Field) -> _Field | None:
    """The bytes of a tensor, if they are many."""
    for field in _fields(view, tensor.payload, tensor.stop):
        if field.is_message(_RAW_DATA) and field.stop - field.payload >= _SMALLEST_BYTES:
            return field
    return None


class _Open:
    """A field whose length is filled in once its end is known."""

    def __init__(self, out: bytearray, number: int) -> None:
        self._out = out
        out.append(number << 3 | _BYTES)
        self._length_at = len(out)
        out += bytes(_LENGTH_BYTES)

    def close(self) -> None:
        length = len(self._out) - self._length_at - _LENGTH_BYTES
        digits = [length >> 7 * place & 0x7F for place in range(_LENGTH_BYTES)]
        more = (*(0x80,) * (_LENGTH_BYTES - 1), 0)
        self._out[self._length_at : self._length_at + _LENGTH_BYTES] = bytes(
            digit | flag for digit, flag in zip(digits, more, strict=True)
        )


def _fields(view: memoryview, start: int, stop: int) -> Iterator[_Field]:
    """The fields of the message between two offsets."""
    at = start
    while at < stop:
        tag, payload = _number(view, at, stop)
        kind = tag & 7
        if kind == _VARINT:
            _, end = _number(view, payload, stop)
        elif kind == _BYTES:
            length, payload = _number(view, payload, stop)
            end = payload + length
        elif kind in (_FIXED64, _FIXED32):
            end = payload + (8 if kind == _FIXED64 else 4)
        else:
            raise BackendError(f"a field of unknown kind {kind} at byte {at}")
        if end > stop:
            raise BackendError(f"the field at byte {at} ends behind its message")
        yield _Field(tag >> 3, kind, at, payload, end)
        at = end


def _number(view: memoryview, at: int, stop: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the offset after it."""
    value = shift = 0
    while at < stop:
        byte = view[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise BackendError(f"the file ends in the middle of a number at byte {at}")
