"""`partway sweep`: plans against granularity, as CSV and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout, stop_infeasible
from planner.cli.options import ClusterFile, Profiles, check_output, read_inputs
from planner.cli.search import Search, with_search


@with_search
def sweep(
    profiles: Profiles,
    cluster: ClusterFile,
    search: Search,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for CSV and PNG.")],
) -> None:
    """Find the best plan for every number of parts: latency, memory and bytes moved.

    \b
    Example:
      partway sweep resnet18.profile.json --cluster cluster.yaml -o sweep
    """
    from planner import api
    from planner.cli.sweep_files import write_sweep
    from planner.cli.tables import sweep_table
    from planner.problem import build_problem
    from planner.sweep import priced_hand_split
    from profiler.block_order import block_dag

    check_output(output, is_folder=True)
    reference, described, named = read_inputs(profiles, cluster)
    options = search.options()
    rows = api.sweep(reference, described, node_profiles=named, options=options)
    by_hand = priced_hand_split(build_problem(reference, described, named))
    for path in write_sweep(rows, output, by_hand):
        stderr().print(f"wrote {path}", markup=False)
    stdout().print(sweep_table(rows, options.objective))
    if not block_dag(reference).is_chain:
        stderr().print("for the program's order of the blocks; `partway plan` tries others")
    if not any(row.feasible for row in rows):
        stop_infeasible(rows[0].reason if rows else "there is no number of parts to try")
