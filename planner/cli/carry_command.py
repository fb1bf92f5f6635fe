"""`partway carry`: a profile of one machine as an estimate for another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import stderr, stdout
from planner.cli.options import check_output


def carry(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE", help="Measured profile.")],
    here: Annotated[
        Path, typer.Option("--measured-here", help="Speed file of the profile's machine.")
    ],
    there: Annotated[Path, typer.Option("--there", help="Speed file of the other machine.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Profile file to write.")],
    by_work: Annotated[
        bool, typer.Option("--by-work", help="A factor for each block, by its kind of work.")
    ] = False,
) -> None:
    """Estimate PROFILE for another machine, by kernels that `partway speed` timed on both.

    Times are multiplied by how much slower the other machine is, and marked as estimated. How far
    the kernels' factors differ is told; how far a model's times are off is not known. Memory stays
    as it was measured.

    \b
    Examples:
      partway carry m.profile.json --measured-here a.speed.json --there b.speed.json \
-o b.profile.json
    """
    from planner import api
    from planner.files import write_record

    check_output(output)
    result = api.carry(
        api.read_profile(profile), api.read_speed(here), api.read_speed(there), by_work=by_work
    )
    write_record(output, result)
    if result.carried is not None:
        for name, factor in result.carried.kernels.items():
            stdout().print(f"{name}: {factor:.3f} times as long", markup=False)
        stdout().print(
            f"estimated: {result.carried.factor:.3f} times as long, with an error that is not "
            f"known\nthe kernels' factors differ from it by up to {result.carried.error:.0%}",
            markup=False,
        )
    stderr().print(f"wrote {output}", markup=False)
