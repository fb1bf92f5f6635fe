"""A file that a report may be about: a plan, or a run with its plan.

Whatever reads one gets a plan that says of itself what follows from its problem.
"""

from __future__ import annotations

from pathlib import Path

from planner.errors import FileFormatError, MismatchError
from planner.files import read_record, read_schema
from planner.plan_check import check_plan
from planner.saved_run import SavedRun
from planner.solution import PlanDocument


def read_plan_or_run(path: Path) -> PlanDocument | SavedRun:
    """What a plan file or a run file holds.

    Raises:
        FileFormatError: the file is neither, or of another version.
        MismatchError: its plan says of itself what is not so.
    """
    schema = read_schema(path)
    kind = schema.split("/")[0]
    if kind == "partway.run":
        return read_run(path)
    if kind == "partway.plan-document":
        return read_plan(path)
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


def read_plan(path: Path) -> PlanDocument:
    """What a plan file holds.

    Raises:
        FileFormatError: it is none, or of another version.
        MismatchError: the plan says of itself what is not so.
    """
    document = read_record(path, PlanDocument)
    _check(document, path)
    return document


def read_run(path: Path) -> SavedRun:
    """What a run file holds.

    Raises:
        FileFormatError: it is none, or of another version.
        MismatchError: its plan says of itself what is not so.
    """
    run = read_record(path, SavedRun)
    _check(run.document, path)
    return run


def _check(document: PlanDocument, path: Path) -> None:
    try:
        check_plan(document)
    except MismatchError as error:
        raise MismatchError(f"{path}: {error}") from error
