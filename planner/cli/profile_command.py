"""`partway profile`: measure what every block of a model costs here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import progress, stderr, stdout
from planner.cli.options import Model, check_output

if TYPE_CHECKING:
    from profiler.profile_options import ProfileOptions
    from profiler.profile_records import Profile


def profile(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="Profile file to write.")],
    input_shapes: Annotated[
        str | None,
        typer.Option("--input", help="Input shape, such as 1x3x224x224; several with commas."),
    ] = None,
    granularity: Annotated[
        str, typer.Option(help="Size of the blocks: op, layer, block, stage or model.")
    ] = "block",
    cuts: Annotated[
        str | None,
        typer.Option(help="Explicit operator positions instead, such as 12,30,45."),
    ] = None,
    backend: Annotated[str, typer.Option(help="What executes the parts: torch or onnx.")] = "torch",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, max=1024, help="Threads that a part may use.")] = 1,
    budget: Annotated[
        str,
        typer.Option(
            help="Wall time of the timed runs; more of it buys a smaller error. A slow model takes "
            "longer: what is measured at least is told then."
        ),
    ] = "12s",
    attribution: Annotated[
        str,
        typer.Option(
            help="How blocks are timed: sequence (each by itself) or trace (inside the whole "
            "model; onnx only)."
        ),
    ] = "sequence",
) -> None:
    """Measure every block of MODEL on this machine: time, FLOPs, memory, and what a cut moves.

    \b
    Examples:
      partway profile torchvision:resnet18 -o resnet18.profile.json
      partway profile torchvision:vit_b_16 --backend onnx --granularity op -o vit.profile.json
      partway profile mypackage.models:make --input 8x3x64x64 -o mine.profile.json
    """
    from planner.cli.tables import budget_note, profile_summary, profile_table
    from planner.files import write_record
    from profiler.blocks import granularity_named, parse_cuts
    from profiler.profile_options import ProfileOptions, attribution_named, rounds_within

    check_output(output)
    options = ProfileOptions(
        backend=backend,
        granularity=granularity_named(granularity),
        cuts=None if cuts is None else parse_cuts(cuts),
        device=device,
        threads=threads,
        rounds=rounds_within(_budget_s(budget)),
        attribution=attribution_named(attribution),
    )
    result = measure(model, input_shapes, options)
    write_record(output, result)
    stdout().print(profile_table(result))
    stdout().print(profile_summary(result), markup=False)
    if note := budget_note(result.whole, options.rounds):
        stdout().print(note, markup=False)
    stderr().print(f"wrote {output}", markup=False)


def _budget_s(text: str) -> float:
    from netmodel.units import parse_duration_s
    from planner.errors import PlannerError

    seconds = parse_duration_s(text)
    if seconds == 0:
        raise PlannerError(f"budget {text!r} leaves no time for a run: write it like 12s")
    return seconds


def measure(model: str, input_shapes: str | None, options: ProfileOptions) -> Profile:
    """Captures and profiles a named model, showing progress."""
    from planner import api

    with progress("profile") as on_step:
        on_step(f"importing torch and capturing {model}")
        from profiler.profiling import check_options
        from profiler.sources import parse_shapes

        check_options(options)
        shapes = None if input_shapes is None else parse_shapes(input_shapes)
        captured = api.capture(model, shapes)
        return api.profile(captured, options, on_step=on_step)
