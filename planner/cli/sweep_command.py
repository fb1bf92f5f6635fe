"""`partway sweep`: the best plan for every value of one thing, as CSV and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout, stop_infeasible
from planner.cli.options import ClusterFile, Profiles, check_output, read_inputs
from planner.cli.search import Search, with_search, word_of


@with_search
def sweep(
    profiles: Profiles,
    cluster: ClusterFile,
    search: Search,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for CSV and PNG.")],
    over: Annotated[
        str,
        typer.Option(
            help="What is varied: parts (their number), granularity (the blocks between which the "
            "model may be cut), bandwidth (of every link) or memory (the cap of every node)."
        ),
    ] = "parts",
    values: Annotated[
        str | None,
        typer.Option(
            help="To try, with units, such as 2,3 or op,block or 1Mbit/s,10Mbit/s or 64MiB,1GiB. "
            "Else all numbers of parts; all levels that the profile is fine enough for; 1 to 1000 "
            "Mbit/s; from the least cap with a plan to that of the whole model."
        ),
    ] = None,
) -> None:
    """Find the best plan for every value of one thing: its latency, memory and bytes moved.

    Writes a CSV and a PNG file named after what is varied.

    \b
    Examples:
      partway sweep resnet18.profile.json --cluster cluster.yaml -o sweep
      partway sweep resnet18.profile.json -c cluster.yaml --over bandwidth -o sweep
    """
    from planner.cli.pictures import picture_of
    from planner.cli.sweeps import SweepInputs, sweep_over, table_path
    from planner.sweep_values import SweepAxis
    from planner.wording import no_plan_text
    from profiler.block_order import block_dag

    check_output(output, is_folder=True)
    axis = SweepAxis(word_of([axis.value for axis in SweepAxis], "over", over))
    table = table_path(output, axis)
    for file in (table, picture_of(table)):
        check_output(file)
    options = search.options()
    reference, described, named = read_inputs(profiles, cluster)
    swept = sweep_over(axis, SweepInputs(reference, described, named, options), values)
    if not swept.rows:
        stop_infeasible("there is no number of parts to try")
    for path in swept.write(output):
        stderr().print(f"wrote {path}", markup=False)
    stdout().print(swept.table)
    if not block_dag(reference).is_chain:
        stderr().print("for the program's order of the blocks; `partway plan` tries others")
    if not any(row.feasible for row in swept.rows):
        # One row of which nobody knows whether a plan fits, and nobody knows it of all.
        told = next((row for row in swept.rows if not row.is_proved), swept.rows[0])
        stop_infeasible(told.reason, known=no_plan_text(told.status))
