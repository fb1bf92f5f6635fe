"""Rows of an experiment: appended to a CSV file one by one, so that a run can be taken up again."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
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
        if path.exists():
            write_text_atomic(path, _text([self._header(), *map(_cells, self.rows)]))

    def key_of(self, row: Row) -> tuple[object, ...]:
        """What tells the row apart."""
        return tuple(getattr(row, name) for name in self._key)

    def __contains__(self, key: tuple[object, ...]) -> bool:
        return key in self._known

    def append(self, row: Row) -> None:
        """Adds a row with the digits that the file has, on disk before anything else happens."""
        if not self.path.exists():
            write_text_atomic(self.path, _text([self._header()]))
        cells = _cells(row)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            file.write(_text([cells]))
            file.flush()
            os.fsync(file.fileno())
        kept = _row(dict(zip(self._header(), cells, strict=True)), self._kind)
        self.rows.append(kept)
        self._known.add(self.key_of(kept))

    def _header(self) -> list[str]:
        return list(self._kind.model_fields)


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a file; a last line without its end was cut off and is left out.

    Raises:
        ValueError: the file holds other columns, or a value that is none of its column.
    """
    # Cells have no ends of lines (see `_cell`), so each row is one line.
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    reader = csv.DictReader(whole.decode("utf-8").split("\n"))
    if list(reader.fieldnames or ()) != list(kind.model_fields):
        raise ValueError(
            f"{path}: has other columns than this experiment writes: name another folder with -o"
        )
    return [_row(cells, kind) for cells in reader]


def rows_of(folder: Path, kind: type[Row]) -> list[Row]:
    """The rows of an experiment's folder, of which there is at least one.

    Raises:
        SystemExit: there are none, or those of another experiment.
    """
    path = folder / "rows.csv"
    if not path.exists():
        raise SystemExit(f"{path}: is missing: name a folder with the rows of this experiment")
    try:
        rows = read_rows(path, kind)
    except ValueError as error:
        raise SystemExit(f"{path}: is no file of rows of this experiment: {error}") from error
    refuse_none(rows)
    return rows


def refuse_none(rows: Sequence[object]) -> None:
    """Keeps an experiment from summing up nothing, over the summary that there may be.

    Raises:
        SystemExit: there are no rows.
    """
    if not rows:
        raise SystemExit("there are no rows to sum up or draw: run again, and see what failed")


def _row(cells: Mapping[str, str], kind: type[Row]) -> Row:
    """An empty cell stands for the field's default."""
    return kind.model_validate({name: text for name, text in cells.items() if text != ""})


def _cells(row: BaseModel) -> list[str]:
    return [_cell(getattr(row, name)) for name in type(row).model_fields]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).splitlines())


def _text(lines: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(lines)
    return file.getvalue()
