"""Kept profiles: beside the rows that were predicted from them, since others predict otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from planner import api
from planner.files import write_record
from profiler.profile_records import Profile


def kept_profile(path: Path, make: Callable[[], Profile], *, has_rows: bool) -> Profile:
    """The profile of a file, which is made if it is not there yet.

    Args:
        path: JSON file in the folder of the rows.
        make: measures the profile.
        has_rows: whether there are rows that were predicted from it.

    Raises:
        SystemExit: there are, and the profile is gone.
    """
    if path.exists():
        return api.read_profile(path)
    if has_rows:
        raise SystemExit(
            f"{path}: is missing, and rows were predicted from it: name another folder with -o"
        )
    profile = make()
    write_record(path, profile)
    return profile
