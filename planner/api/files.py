"""Reading the files that every arrow between the verbs is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netmodel.cluster import Cluster
from netmodel.cluster_file import parse_cluster
from netmodel.errors import ClusterError
from planner.errors import FileFormatError
from planner.files import read_record
from planner.placement.instance import PlacementInstance
from planner.placement.instance_file import read_instance as read_instance_file
from planner.plan_or_run import read_plan as read_plan_file
from planner.plan_or_run import read_plan_or_run as read_either
from planner.plan_or_run import read_run as read_run_file
from planner.saved_run import SavedRun
from planner.solution import PlanDocument
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from profiler.speed_records import SpeedRecord


def read_profile(path: Path | str) -> Profile:
    """The profile in a file."""
    return read_record(Path(path), Profile)


def read_plan(path: Path | str) -> PlanDocument:
    """The content of a plan file."""
    return read_plan_file(Path(path))


def read_run(path: Path | str) -> SavedRun:
    """A run with its plan, as `partway run --save` writes it."""
    return read_run_file(Path(path))


def read_plan_or_run(path: Path | str) -> PlanDocument | SavedRun:
    """What a plan file or a run file holds."""
    return read_either(Path(path))


def read_cluster(path: Path | str) -> Cluster:
    """The cluster that a YAML file describes.

    Raises:
        FileFormatError: the file cannot be read.
        ClusterError: what it says is malformed or contradicts itself.
    """
    try:
        return parse_cluster(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{path}: is no text in UTF-8, as cluster files are: save it as such"
        ) from error
    except ClusterError as error:
        raise ClusterError(f"{path}: {error}") from error


def read_speed(path: Path | str) -> SpeedRecord:
    """The kernel times in a file."""
    from profiler.speed_records import SpeedRecord

    return read_record(Path(path), SpeedRecord)


def read_instance(path: Path | str) -> PlacementInstance:
    """The placement instance in a file of the published format."""
    return read_instance_file(Path(path))
