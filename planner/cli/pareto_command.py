"""`partway pareto`: every plan that none beats in both of two objectives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import stderr, stdout, stop_infeasible
from planner.cli.options import ClusterFile, Json, Profiles, check_output, read_inputs
from planner.cli.search import Search, with_search

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.solvers.pareto import ParetoFront


@with_search
def pareto(
    profiles: Profiles,
    cluster: ClusterFile,
    search: Search,
    against: Annotated[
        str, typer.Option(help="The other objective: latency, throughput, price or nodes.")
    ] = "price",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="CSV file to write, with its picture (.png) beside it."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the exact front of --objective and --against: what one costs in terms of the other.

    \b
    Example:
      partway pareto resnet18.profile.json -c cluster.yaml --against throughput -o front.csv
    """
    from planner import api
    from planner.cli.pictures import write_with_picture
    from planner.cli.tables import front_table
    from planner.errors import PlannerError
    from planner.front_csv import to_csv
    from profiler.block_order import block_dag

    if output is not None:
        _check_outputs(output)
    options, second = search.options(), search.objective_named("against", against)
    if options.method != "auto":
        raise PlannerError("--method: fronts have one method; leave it out")
    reference, described, named = read_inputs(profiles, cluster)
    front = api.pareto(reference, described, second, node_profiles=named, options=options)
    if not front.points:
        known = "no feasible plan" if front.is_complete else "no plan was found"
        stop_infeasible(front.reason, known=known)
    written = () if output is None else write_with_picture(output, to_csv(front), _drawn(front))
    if as_json:
        stdout().print_json(front.model_dump_json(by_alias=True))
    else:
        names = tuple(block.name for block in reference.blocks)
        stdout().print(front_table(front, names))
        known = "complete" if front.is_complete else f"not complete: {front.reason}"
        order = "" if block_dag(reference).is_chain else ", for the program's order of the blocks"
        stdout().print(f"{known}{order}; by {front.method}", markup=False)
    for path in written:
        stderr().print(f"wrote {path}", markup=False)


def _check_outputs(table: Path) -> None:
    from planner.cli.pictures import picture_of
    from planner.errors import PlannerError

    check_output(table)
    picture = picture_of(table)
    if picture == table:
        raise PlannerError(
            f"cannot write {table}: that is where the picture of the CSV file goes. Name the CSV "
            "file, like front.csv"
        )
    check_output(picture)


def _drawn(front: ParetoFront) -> Figure:
    from matplotlib.figure import Figure

    from planner.plotting.pareto_front import front_table, plot_front

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    plot_front(front_table(front), figure.subplots())
    return figure
