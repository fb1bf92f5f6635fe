"""Files of control groups: one value, or lines of a name and a value."""

from __future__ import annotations

from pathlib import Path

from experiments.testbed.errors import TestbedError


def write(path: Path, text: str) -> None:
    """Sets a value.

    Raises:
        TestbedError: the kernel refuses.
    """
    try:
        path.write_text(text)
    except OSError as error:
        raise TestbedError(f"cannot write {text} to {path}: {error.strerror}") from error


def field(path: Path, name: str) -> int:
    """The value beside a name, or 0 where the kernel does not know it."""
    lines = (line.split() for line in path.read_text().splitlines())
    return next((int(words[1]) for words in lines if words[0] == name), 0)
