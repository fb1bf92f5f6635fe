"""Rows of an experiment: appended to a CSV file one by one, so that a run can be taken up again."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from planner.files import write_text_atomic

Row = TypeVar("Row", bound=BaseModel)


class RowFile(Generic[Row]):
    """The rows of one file, which is created with the first of them."""

    def __init__(self, path: Path, kind: type[Row], *, key: Sequence[str]) -> None:
        """Reads the rows that an interrupted run has left, if any.

        Args:
            path: the CSV file.
            kind: what a row is; its fields are the columns.
            key: fields that tell rows apart.

        Raises:
            ValueError: the file holds other columns.
        """
        self.path = path
        self._kind = kind
        self._key = tuple(key)
        self.rows: list[Row] = read_rows(path, kind) if path.exists() else []
        self._known = {self.key_of(row) for row in self.rows}
        # A run that was killed may have left half a line: write what could be read.
        if self.rows:
            write_text_atomic(path, _text([self._header(), *map(_cells, self.rows)]))

    def key_of(self, row: Row) -> tuple[object, ...]:
        """What tells the row apart."""
        return tuple(getattr(row, name) for name in self._key)

    def __contains__(self, key: tuple[object, ...]) -> bool:
        return key in self._known

    def append(self, row: Row) -> None:
        """Adds a row, on disk before anything else happens."""
        if not self.path.exists():
            write_text_atomic(self.path, _text([self._header()]))
        with self.path.open("a", newline="", encoding="utf-8") as file:
            file.write(_text([_cells(row)]))
        self.rows.append(row)
        self._known.add(self.key_of(row))

    def _header(self) -> list[str]:
        return list(self._kind.model_fields)


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a file; a last line without its end was cut off and is left out.

    Raises:
        ValueError: the file holds other columns, or a value that is none of its column.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    reader = csv.DictReader(whole)
    if list(reader.fieldnames or ()) != list(kind.model_fields):
        raise ValueError(
            f"{path}: has other columns than this experiment writes: name another folder with -o"
        )
    # An empty cell stands for the field's default.
    return [kind.model_validate({k: v for k, v in row.items() if v != ""}) for row in reader]


def _cells(row: BaseModel) -> list[str]:
    return [_cell(getattr(row, name)) for name in type(row).model_fields]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(lines: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(lines)
    return file.getvalue()
