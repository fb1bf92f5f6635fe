"""Arguments and options that several commands share, and how their files are read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from netmodel.cluster import Cluster
    from profiler.profile_records import Profile

Profiles = Annotated[
    list[Path],
    typer.Argument(
        metavar="PROFILE...",
        help="Profile files. The first is the reference that node speeds are relative to; more "
        "are for nodes that name a profile of their own.",
    ),
]
ClusterFile = Annotated[
    Path, typer.Option("--cluster", "-c", help="YAML file with nodes, links, source and sink.")
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="torchvision:NAME, torchvision:NAME@WEIGHTS, a .pt2 file, or package.module:factory.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def read_inputs(
    paths: list[Path], cluster_path: Path
) -> tuple[Profile, Cluster, dict[str, Profile]]:
    """The reference profile, the cluster, and the profiles that its nodes name.

    A node's profile is one of the given files, by file name, or lies beside the cluster file.
    """
    from planner import api
    from planner.errors import MismatchError

    cluster = api.read_cluster(cluster_path)
    reference = api.read_profile(paths[0])
    given = {path.name: path for path in paths}
    if len(given) < len(paths):
        raise MismatchError("two profile files have one name: nodes could not tell them apart")
    wanted = {node.profile for node in cluster.nodes if node.profile is not None}
    for path in paths[1:]:
        if path.name not in {Path(name).name for name in wanted}:
            raise MismatchError(
                f"no node of {cluster_path} names the profile {path.name!r}: add `profile: "
                f"{path.name}` to a node, or leave the file out"
            )
    named = {
        name: api.read_profile(given.get(Path(name).name, cluster_path.parent / name))
        for name in sorted(wanted)
    }
    return reference, cluster, named


def check_output(path: Path, *, is_folder: bool = False) -> None:
    """Makes sure, before any work, that a file or folder can be written.

    Raises:
        PlannerError: something else is there, or the place is not writable.
    """
    from planner.errors import PlannerError

    if path.exists() and path.is_dir() != is_folder:
        kind = "folder" if path.is_dir() else "file"
        raise PlannerError(f"cannot write {path}: it is a {kind}. Name another output")
    place = path if is_folder else path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        # What permissions say is not enough: root has them all, also where nobody can write.
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise PlannerError(f"cannot write {path}: {place} is not a writable folder") from error
