"""The header of a frame: what it says about each tensor, checked before memory is reserved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from planner.runtime.errors import FrameError
from planner.runtime.layout import Array, Strides

_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_DTYPES = ("bool", *_INTEGERS, "float16", "float32", "float64", "complex64", "complex128")
_FIELDS = {"name", "dtype", "shape", "strides", "n_bytes"}
_MAX_LENGTH = 2**40
_MAX_AXES = 64


@dataclass(frozen=True)
class TensorEntry:
    """One tensor as a header announces it; sizes agree with each other."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: Strides | None
    n_bytes: int


def native(name: str, array: Array) -> Array:
    """The array with elements in this machine's byte order.

    Raises:
        FrameError: a type of element that frames do not carry.
    """
    if array.dtype.name not in (*_DTYPES, "bfloat16"):
        raise FrameError(f"tensor {name!r} has elements of {array.dtype}, which no frame carries")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def itemsize_of(dtype: str) -> int:
    """Bytes of one element.

    Raises:
        FrameError: a type of element that frames do not carry.
    """
    return 2 if dtype == "bfloat16" else _dtype_named("", dtype).itemsize


def entry_of(name: str, array: Array, strides: Strides | None) -> dict[str, object]:
    """The JSON of one tensor."""
    return {
        "name": name,
        "dtype": array.dtype.name,
        "shape": array.shape,
        "strides": strides,
        "n_bytes": array.nbytes,
    }


def parse_header(header: bytearray) -> tuple[list[TensorEntry], dict[str, Any]]:
    """Tensors and meta of a header.

    Raises:
        FrameError: the header is not what a sender writes.
    """
    try:
        fields = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"header is not JSON: {error}") from error
    if not isinstance(fields, dict) or fields.keys() != {"tensors", "meta"}:
        raise FrameError("header does not consist of `tensors` and `meta`")
    if not isinstance(fields["tensors"], list) or not isinstance(fields["meta"], dict):
        raise FrameError("header has no list of tensors, or no object `meta`")
    entries = [_parse_entry(entry) for entry in fields["tensors"]]
    if len({entry.name for entry in entries}) < len(entries):
        raise FrameError("header names a tensor twice")
    return entries, fields["meta"]


def _parse_entry(entry: object) -> TensorEntry:
    if not isinstance(entry, dict) or entry.keys() != _FIELDS:
        raise FrameError(f"header describes a tensor by other fields than {sorted(_FIELDS)}")
    name = entry["name"]
    if not isinstance(name, str):
        raise FrameError(f"tensor has the name {name!r}, which is no text")
    dtype, shape = _dtype_named(name, entry["dtype"]), _lengths(name, entry["shape"])
    strides = None if entry["strides"] is None else _lengths(name, entry["strides"])
    n_bytes = prod(shape) * dtype.itemsize
    if entry["n_bytes"] != n_bytes:
        raise FrameError(
            f"tensor {name!r} announces {entry['n_bytes']!r} bytes, but its shape {list(shape)} "
            f"of {dtype.name} has {n_bytes}"
        )
    return TensorEntry(name, dtype, shape, strides, n_bytes)


def _dtype_named(name: str, dtype: object) -> np.dtype[Any]:
    if dtype == "bfloat16":
        return _bfloat16(name)
    if dtype not in _DTYPES:
        raise FrameError(f"tensor {name!r} has elements of {dtype!r}, which no frame carries")
    return np.dtype(str(dtype))


def _bfloat16(name: str) -> np.dtype[Any]:
    # Only where it appears: most workers never need the package.
    try:
        import ml_dtypes
    except ImportError as error:
        raise FrameError(
            f"tensor {name!r} is bfloat16, which needs ml_dtypes: pip install ml_dtypes"
        ) from error
    dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return dtype


def _lengths(name: str, values: object) -> tuple[int, ...]:
    if not isinstance(values, list) or len(values) > _MAX_AXES:
        raise FrameError(f"tensor {name!r} has no list of at most {_MAX_AXES} lengths or strides")
    if not all(type(value) is int and 0 <= value <= _MAX_LENGTH for value in values):
        raise FrameError(f"tensor {name!r} has lengths or strides {values}: not all are counts")
    return tuple(values)
