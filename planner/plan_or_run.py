"""A file that a report may be about: a plan, or a run with its plan."""

from __future__ import annotations

from pathlib import Path

from planner.errors import FileFormatError
from planner.files import read_record, read_schema
from planner.saved_run import SavedRun
from planner.solution import PlanDocument


def read_plan_or_run(path: Path) -> PlanDocument | SavedRun:
    """What a plan file or a run file holds.

    Raises:
        FileFormatError: the file is neither, or of another version.
    """
    schema = read_schema(path)
    kind = schema.split("/")[0]
    if kind == "partway.run":
        return read_record(path, SavedRun)
    if kind == "partway.plan-document":
        return read_record(path, PlanDocument)
    if kind == "partway.breakdown":
        raise FileFormatError(
            f"{path}: is a measurement without its plan: run again with `partway run DIR --save "
            "FILE`, and give that file"
        )
    said = f"its schema is {schema!r}" if schema else "it has no schema"
    raise FileFormatError(
        f"{path}: is neither a plan (`partway plan -o`) nor a run with its plan (`partway run "
        f"--save`): {said}"
    )
