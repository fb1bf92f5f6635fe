"""The folder that a partition goes to: complete or not at all, and never in place of others."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planner.errors import FileFormatError, PlannerError
from planner.files import read_record
from planner.manifest import Manifest
from planner.partition import MANIFEST_NAME


def check_target(folder: Path) -> None:
    """Makes sure that a partition can go to a folder without touching anything else.

    Raises:
        PlannerError: it is a file, or holds anything but an older partition.
    """
    if folder.exists() and not folder.is_dir():
        raise PlannerError(f"{folder} is a file: name a folder for the stages")
    if not folder.is_dir():
        return
    if Path.cwd().is_relative_to(folder.resolve()):
        raise PlannerError(
            f"{folder} is the current folder or above it and would be replaced: name one inside it"
        )
    strangers = {path.name for path in folder.iterdir()} - _written_files(folder)
    if strangers:
        raise PlannerError(
            f"{folder} holds files that no emission wrote ({', '.join(sorted(strangers)[:3])}): "
            "name a new folder, or empty this one"
        )


def _written_files(folder: Path) -> set[str]:
    """Files that an older emission wrote there, as its manifest says."""
    try:
        manifest = read_record(folder / MANIFEST_NAME, Manifest)
    except FileFormatError:
        return set()
    stamps = (manifest.sample, manifest.expected, *(stage.file for stage in manifest.stages))
    return {MANIFEST_NAME, *(stamped.path for stamped in stamps)}


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A draft folder beside the target that takes its place if nothing fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    older = draft.with_name(f"{draft.name}-older")
    try:
        yield draft
        draft.chmod(0o755)
        check_target(folder)  # again: emission takes a while
        if folder.exists():
            folder.replace(older)
        draft.replace(folder)
    finally:
        if older.exists() and not folder.exists():
            older.replace(folder)
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)
