"""`partway explain`: why a plan is as it is, and what would change it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import progress, stdout
from planner.cli.options import Json


def explain(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file.")],
    time_limit: Annotated[
        str, typer.Option(help="For all questions together; those left over are counted.")
    ] = "60s",
    as_json: Json = False,
) -> None:
    """Tell which constraint binds and what more would gain, the next best plan, and what others do.

    Every answer comes from solving again with one change: 64 MiB more on a node, twice the
    bandwidth of a wire, twice the speed of a node, a looser limit, other kinds of plans.

    \b
    Example:
      partway explain plan.json
    """
    from netmodel.units import parse_duration_s
    from planner import api
    from planner.cli.explanation_tables import explanation_summary, what_if_table
    from planner.cli.tables import comparison_table
    from planner.wording import comparison_notes

    document = api.read_plan(plan_file)
    with progress("explain") as on_step:
        on_step("solving again with changes")
        answer = api.explain(document, time_limit_s=parse_duration_s(time_limit))
    if as_json:
        stdout().print_json(answer.model_dump_json(by_alias=True))
        return
    stdout().print(explanation_summary(answer, document), markup=False)
    stdout().print(what_if_table(answer))
    stdout().print(comparison_table(answer.alternatives, answer.objective))
    stdout().print(comparison_notes(answer.alternatives), markup=False)
