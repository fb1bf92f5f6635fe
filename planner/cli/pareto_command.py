"""`partway pareto`: every plan that none beats in both of two objectives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout, stop_infeasible
from planner.cli.options import ClusterFile, Json, Profiles, check_output, read_inputs
from planner.cli.search import Search, with_search


@with_search
def pareto(
    profiles: Profiles,
    cluster: ClusterFile,
    search: Search,
    against: Annotated[
        str, typer.Option(help="The other objective: latency, throughput, price or nodes.")
    ] = "price",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV file to write.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the exact front of --objective and --against: what one costs in terms of the other.

    \b
    Example:
      partway pareto resnet18.profile.json -c cluster.yaml --objective latency --against price
    """
    from planner import api
    from planner.cli.tables import front_table
    from planner.errors import PlannerError
    from planner.files import write_text_atomic
    from planner.front_csv import to_csv
    from profiler.block_order import block_dag

    if output is not None:
        check_output(output)
    options, second = search.options(), search.objective_named("against", against)
    if options.method != "auto":
        raise PlannerError("--method: fronts have one method; leave it out")
    reference, described, named = read_inputs(profiles, cluster)
    front = api.pareto(reference, described, second, node_profiles=named, options=options)
    if not front.points:
        known = "no feasible plan" if front.is_complete else "no plan was found"
        stop_infeasible(front.reason, known=known)
    if output is not None:
        write_text_atomic(output, to_csv(front))
    if as_json:
        stdout().print_json(front.model_dump_json(by_alias=True))
    else:
        names = tuple(block.name for block in reference.blocks)
        stdout().print(front_table(front, names))
        known = "complete" if front.is_complete else f"not complete: {front.reason}"
        order = "" if block_dag(reference).is_chain else ", for the program's order of the blocks"
        stdout().print(f"{known}{order}; by {front.method}", markup=False)
    if output is not None:
        stderr().print(f"wrote {output}", markup=False)
