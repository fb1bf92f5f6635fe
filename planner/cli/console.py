"""Where output goes: results to stdout, progress and errors to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from planner.placement.placement import PlacementSolution
    from planner.solution import Solution

_WIDTH_WITHOUT_TERMINAL = 120


def stdout() -> Console:
    """For results."""
    return _console(stderr=False)


def stderr() -> Console:
    """For progress, notes and errors."""
    return _console(stderr=True)


def fail(error: BaseException, *, code: int) -> int:
    """Prints an error as one paragraph, and returns the exit code."""
    sys.stderr.write(f"partway: error: {error}\n")
    return code


def stop_without_plan(solution: Solution | PlacementSolution, remedy: str | None) -> NoReturn:
    """Says that there is no plan, why, and what else would help."""
    from planner.wording import no_plan_text

    also = f"; {remedy} would also do" if remedy else ""
    stop_infeasible(f"{solution.reason}{also}", known=no_plan_text(solution.status))


def stop_infeasible(reason: str, *, known: str = "no feasible plan") -> NoReturn:
    """Says that no plan holds all limits, and why."""
    sys.stderr.write(f"partway: {known}: {reason}\n")
    raise typer.Exit(1)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Shows what is being done: a spinner on a terminal, else a line for every new step."""
    console = stderr()
    if console.is_terminal:
        with console.status(title) as status:
            yield lambda step: status.update(f"{title}: {step}")
        return
    shown: set[str] = set()

    def line(step: str) -> None:
        kind = step.split(", ")[0]  # rounds of one kind of work are one line
        if kind not in shown:
            shown.add(kind)
            console.print(f"{title}: {kind}", highlight=False, markup=False)

    yield line


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, markup=False)
