"""`partway export`: a plan as text that other programs open."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import stderr
from planner.cli.options import check_output

if TYPE_CHECKING:
    from planner.solution import PlanDocument


def export(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file.")],
    form: Annotated[
        str,
        typer.Option(
            "--as",
            help="mermaid (for Markdown), dot (for Graphviz) or trace (for Perfetto).",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write, instead of stdout.")
    ] = None,
) -> None:
    """Write a plan as a graph, or as a trace of one request.

    A graph shows stages on their nodes and what travels between them. A trace has a track for every
    node and every direction of a link; open it at ui.perfetto.dev or chrome://tracing.

    \b
    Examples:
      partway export plan.json --as mermaid
      partway export plan.json --as dot -o plan.dot
      partway export plan.json --as trace -o plan.trace.json
    """
    from planner import api
    from planner.files import write_text_atomic

    write = _writer(form)
    if output is not None:
        check_output(output)
    text = write(api.read_plan(plan_file))
    if output is None:
        sys.stdout.write(text)
        return
    write_text_atomic(output, text)
    stderr().print(f"wrote {output}", markup=False)


def _writer(form: str) -> Callable[[PlanDocument], str]:
    from planner.errors import PlannerError
    from planner.export.chrome_trace import chrome_trace
    from planner.export.dot import dot_text
    from planner.export.mermaid import mermaid_text

    writers: dict[str, Callable[[PlanDocument], str]] = {
        "mermaid": mermaid_text,
        "dot": dot_text,
        "trace": chrome_trace,
    }
    if form not in writers:
        raise PlannerError(f"--as {form!r} is unknown: use one of {', '.join(writers)}")
    return writers[form]
