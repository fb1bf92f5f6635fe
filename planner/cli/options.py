"""Arguments and options that several commands share, and how their files are read."""

from __future__ import annotations

from pathlib import Path
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
MaxStages = Annotated[
    int | None, typer.Option("--max-stages", min=1, help="Use at most this many stages.")
]


def read_inputs(
    paths: list[Path], cluster_path: Path
) -> tuple[Profile, Cluster, dict[str, Profile]]:
    """The reference profile, the cluster, and the profiles that its nodes name.

    A node's profile is one of the given files, by file name, or lies beside the cluster file.
    """
    from planner import api

    cluster = api.read_cluster(cluster_path)
    reference = api.read_profile(paths[0])
    given = {path.name: path for path in paths}
    wanted = {node.profile for node in cluster.nodes if node.profile is not None}
    named = {
        name: api.read_profile(given.get(Path(name).name, cluster_path.parent / name))
        for name in sorted(wanted)
    }
    return reference, cluster, named
