"""`partway plan`: find the cut points and the placement."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout, stop_infeasible
from planner.cli.options import (
    ClusterFile,
    Json,
    MaxStages,
    Profiles,
    check_output,
    read_inputs,
)


def plan(
    profiles: Profiles,
    cluster: ClusterFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Plan file to write.")
    ] = None,
    max_stages: MaxStages = None,
    as_json: Json = False,
) -> None:
    """Find the cuts and the placement of least end-to-end latency that fit every node's memory.

    Nodes are visited in the order of the cluster file; any may be skipped. Needs no torch.

    \b
    Examples:
      partway plan resnet18.profile.json --cluster cluster.yaml -o plan.json
      partway plan phone.profile.json server.profile.json -c cluster.yaml --max-stages 2
    """
    from planner import api
    from planner.cli.tables import breakdown_table, plan_summary
    from planner.files import write_record

    if output is not None:
        check_output(output)
    reference, described, named = read_inputs(profiles, cluster)
    from planner.limits import Limits

    options = api.PlanOptions(limits=Limits(max_stages=max_stages))
    started = time.perf_counter()
    document = api.plan(reference, described, node_profiles=named, options=options)
    elapsed_s = time.perf_counter() - started
    if document.estimate is None:
        stop_infeasible(document.solution.reason)
    if output is not None:
        write_record(output, document)
    if as_json:
        stdout().print_json(document.model_dump_json(by_alias=True))
        return
    rows = api.compare(reference, described, node_profiles=named, options=options)
    stdout().print(breakdown_table(document.estimate, document.block_names))
    stdout().print(plan_summary(document, rows, max_stages), markup=False)
    stderr().print(f"solved in {elapsed_s:.3f} s", markup=False)
    if output is not None:
        stderr().print(f"wrote {output}", markup=False)
