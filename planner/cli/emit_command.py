"""`partway emit`: write the stages of a plan as files that run alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.console import progress, stderr, stdout
from planner.cli.options import check_output


def emit(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file.")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="The model that was profiled, named as before.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the stages.")],
    input_shapes: Annotated[
        str | None, typer.Option("--input", help="Input shape, if the profile was given one.")
    ] = None,
) -> None:
    """Write one standalone file per stage and a manifest, after checking them on the sample.

    The chained stages must give what the original model gives: the same bits for the torch
    backend, a relative difference of at most 1e-4 for onnx. Otherwise nothing is written.

    \b
    Example:
      partway emit plan.json --model torchvision:resnet18 -o parts
    """
    from planner import api
    from planner.cli.tables import partition_table
    from planner.wording import verification_summary

    check_output(output, is_folder=True)
    document = api.read_plan(plan_file)
    with progress("emit") as on_step:
        on_step(f"importing torch and capturing {model}")
        from profiler.sources import parse_shapes

        shapes = None if input_shapes is None else parse_shapes(input_shapes)
        partition = api.emit(document, api.capture(model, shapes), output, on_step=on_step)
    stdout().print(partition_table(partition.manifest))
    stdout().print(verification_summary(partition.manifest.verification), markup=False)
    stderr().print(f"wrote {output}", markup=False)
