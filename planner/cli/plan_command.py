"""`partway plan`: find the cut points and the placement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout, stop_without_plan
from planner.cli.instance_plan import plan_instance
from planner.cli.options import Json, check_output, read_inputs
from planner.cli.search import Search, with_search


@with_search
def plan(
    search: Search,
    profiles: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PROFILE...]",
            help="Profile files. The first is the reference that node speeds are relative to; "
            "more are for nodes that name a profile of their own.",
        ),
    ] = None,
    cluster: Annotated[
        Path | None,
        typer.Option("--cluster", "-c", help="YAML file with nodes, links, source and sink."),
    ] = None,
    instance: Annotated[
        Path | None,
        typer.Option(
            "--instance",
            help="Instead: a published placement instance (JSON). Knows --objective latency and "
            "throughput, --time-limit and --seed.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Plan file to write.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the best cuts and placement that fit every node's memory, with a proof.

    Needs no torch. `partway explain` tells why the plan is as it is, and what would change it.

    \b
    Examples:
      partway plan resnet18.profile.json --cluster cluster.yaml -o plan.json
      partway plan phone.profile.json server.profile.json -c cluster.yaml --max-stages 2
      partway plan resnet18.profile.json -c cluster.yaml --objective price --max-latency 200ms
      partway plan --instance bert24_inference.json --objective throughput
    """
    from planner.errors import PlannerError

    if output is not None:
        check_output(output)
    if instance is not None:
        if profiles or cluster is not None:
            raise PlannerError("--instance stands for profiles and cluster: give one or the other")
        plan_instance(instance, search, output=output, as_json=as_json)
    elif not profiles or cluster is None:
        raise PlannerError("what to plan? Give PROFILE... and --cluster FILE, or --instance FILE")
    else:
        _plan(profiles, cluster, search, output=output, as_json=as_json)


def _plan(
    profiles: list[Path], cluster: Path, search: Search, *, output: Path | None, as_json: bool
) -> None:
    from planner import api
    from planner.cli.tables import breakdown_table, plan_summary
    from planner.files import write_record

    options = search.options()
    reference, described, named = read_inputs(profiles, cluster)
    document = api.plan(reference, described, node_profiles=named, options=options)
    if document.estimate is None:
        stop_without_plan(document.solution, api.remedy(document, options))
    if output is not None:
        write_record(output, document)
    if as_json:
        stdout().print_json(document.model_dump_json(by_alias=True))
        return
    stdout().print(breakdown_table(document.estimate, document.block_names))
    stdout().print(plan_summary(document, api.alternatives(document)), markup=False)
    stderr().print(f"solved in {document.solution.runtime_s:.3f} s", markup=False)
    if output is not None:
        stderr().print(f"wrote {output}", markup=False)
