"""`partway report`: one page that says what a plan is, why, and how it did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import progress, stderr
from planner.cli.options import check_output


def report(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN_OR_RUN", help="Plan file, or what `partway run --save` wrote."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")],
    profile: Annotated[
        Path | None,
        typer.Option(help="Profile that was planned with: adds the model's graph."),
    ] = None,
    time_limit: Annotated[
        str, typer.Option(help="For everything that is solved again; what is left out is counted.")
    ] = "60s",
) -> None:
    """Write one HTML page: the plan, why it is as it is, what others do, and what was measured.

    The page needs no network and no script. Of a run it shows predicted beside measured; of a plan
    alone what is predicted.

    \b
    Examples:
      partway report plan.json -o report.html
      partway report run.json --profile resnet18.profile.json -o report.html
    """
    from netmodel.units import parse_duration_s
    from planner import api
    from planner.files import write_text_atomic

    check_output(output)
    limit_s = parse_duration_s(time_limit)
    about = api.read_plan_or_run(subject)
    measured = None if profile is None else api.read_profile(profile)
    with progress("report") as on_step:
        page = api.report(about, profile=measured, time_limit_s=limit_s, on_step=on_step)
    write_text_atomic(output, page)
    stderr().print(f"wrote {output}", markup=False)
