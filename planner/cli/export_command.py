"""`partway export`: a plan, or a run beside it, as text that other programs open."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import stderr
from planner.cli.options import check_output

if TYPE_CHECKING:
    from planner.saved_run import SavedRun
    from planner.solution import PlanDocument


def export(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN_OR_RUN", help="Plan file, or what `partway run --save` wrote."
        ),
    ],
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
    """Write a plan as a graph, or a plan or a run as a trace of one request.

    A graph shows stages on their nodes and what travels between them. A trace has a track for every
    node and every direction of a link, and of a run shows predicted above measured; open it at
    ui.perfetto.dev or chrome://tracing.

    \b
    Examples:
      partway export plan.json --as mermaid
      partway export plan.json --as dot -o plan.dot
      partway export run.json --as trace -o run.trace.json
    """
    from planner import api
    from planner.files import write_text_atomic

    write = _writer(form)
    if output is not None:
        check_output(output)
    text = write(api.read_plan_or_run(subject))
    if output is None:
        sys.stdout.write(text)
        return
    write_text_atomic(output, text)
    stderr().print(f"wrote {output}", markup=False)


def _writer(form: str) -> Callable[[PlanDocument | SavedRun], str]:
    from planner.errors import PlannerError
    from planner.export.dot import dot_text
    from planner.export.mermaid import mermaid_text

    writers: dict[str, Callable[[PlanDocument | SavedRun], str]] = {
        "mermaid": lambda subject: mermaid_text(_plan_of(subject)),
        "dot": lambda subject: dot_text(_plan_of(subject)),
        "trace": _trace,
    }
    if form not in writers:
        raise PlannerError(f"--as {form!r} is unknown: use one of {', '.join(writers)}")
    return writers[form]


def _trace(subject: PlanDocument | SavedRun) -> str:
    from planner.export.chrome_trace import chrome_trace
    from planner.saved_run import SavedRun

    if isinstance(subject, SavedRun):
        return chrome_trace(subject.document, subject.result, slowed_by_quotas=subject.cpu_quotas)
    return chrome_trace(subject)


def _plan_of(subject: PlanDocument | SavedRun) -> PlanDocument:
    from planner.saved_run import SavedRun

    return subject.document if isinstance(subject, SavedRun) else subject
