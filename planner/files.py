"""Files: records as JSON text, read with errors that teach and written all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from netmodel.file_kind import wrong_kind
from planner.errors import FileFormatError
from planner.manifest import FileStamp

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
_AGAIN = {
    "partway.profile": "profile again with `partway profile`",
    "partway.speed": "time the kernels again with `partway speed`",
    "partway.plan-document": "plan again with `partway plan`",
    "partway.manifest": "emit again with `partway emit`",
    "partway.run": "run again with `partway run --save`",
}
"""What to do about a file that is of no use, by what it should have been."""


def read_record(path: Path, model: type[Model]) -> Model:
    """The record that a JSON file holds.

    Raises:
        FileFormatError: the file is missing, no JSON, or of another kind or version; the message
            names the file and the field.
    """
    try:
        record = model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise FileFormatError(f"{path}: {_describe(error, model)}") from error
    # The field has a default for records made in memory; a file must say what it is.
    if "schema_" in model.model_fields and "schema_" not in record.model_fields_set:
        raise FileFormatError(
            f"{path}: schema: is missing; expected {_schema_of(model)!r}{_again(_schema_of(model))}"
        )
    return record


def read_schema(path: Path) -> str:
    """What a JSON file says that it is, such as `partway.plan-document/2`; empty if nothing.

    Raises:
        FileFormatError: the file is missing, or no JSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: is no JSON: it is no text in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: is no JSON: {error}") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    return schema if isinstance(schema, str) else ""


def write_record(path: Path, record: BaseModel) -> None:
    """Writes a record as indented JSON; readers see the old file or the new one."""
    write_text_atomic(path, record.model_dump_json(by_alias=True, indent=2) + "\n")


def write_text_atomic(path: Path, text: str) -> None:
    """Writes a text file; readers see the old one or the new one. Makes the folder it is in."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside the given one, which it replaces if the block succeeds.

    What is replaced keeps its mode; of a symbolic link, it is the file that it leads to.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(path: Path, relative_to: Path) -> FileStamp:
    """What a file holds now, under its path relative to a folder."""
    return FileStamp(
        path=path.relative_to(relative_to).as_posix(),
        n_bytes=path.stat().st_size,
        sha256=sha256_of(path),
    )


def _describe(error: ValidationError, model: type[BaseModel]) -> str:
    problems = error.errors(include_url=False)
    for problem in problems:
        if problem["loc"][-1:] == ("schema",) and problem["type"] == "literal_error":
            return _wrong_schema(problem)
    first, more = problems[0], len(problems) - 1
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    text = f"{where}: {message}" if where else message
    return text + (f" (and {more} more)" if more else "") + _again(_schema_of(model))


def _wrong_schema(problem: ErrorDetails) -> str:
    """Of the file, or of a record inside of it."""
    where = ".".join(str(part) for part in problem["loc"])
    expected = problem["ctx"]["expected"].strip("'")
    return f"{where}: {wrong_kind(problem['input'], expected)}{_again(expected)}"


def _again(schema: str) -> str:
    step = _AGAIN.get(schema.split("/")[0])
    return f"; {step}" if step else ""


def _schema_of(model: type[BaseModel]) -> str:
    field = model.model_fields.get("schema_")
    return "" if field is None else str(field.default)
