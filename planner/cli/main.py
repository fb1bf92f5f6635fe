"""The console script `partway`: commands, errors and exit codes."""

from __future__ import annotations

import os
import signal
import sys

import typer

from planner.cli.carry_command import carry
from planner.cli.compare_command import compare
from planner.cli.console import fail
from planner.cli.demo_command import demo
from planner.cli.emit_command import emit
from planner.cli.explain_command import explain
from planner.cli.export_command import export
from planner.cli.pareto_command import pareto
from planner.cli.plan_command import plan
from planner.cli.probe_command import probe
from planner.cli.profile_command import profile
from planner.cli.report_command import report
from planner.cli.run_command import run
from planner.cli.speed_command import speed
from planner.cli.sweep_command import sweep

_HELP = """Decides where to cut a neural network over unequal machines, and proves it.

The commands follow each other, and each leaves a file that the next one reads:

\b
    partway profile torchvision:resnet18 --backend onnx -o resnet18.profile.json
    partway plan resnet18.profile.json --cluster cluster.yaml -o plan.json
    partway explain plan.json
    partway emit plan.json --model torchvision:resnet18 -o parts
    partway run parts --emulate-links --save run.json
    partway report run.json -o report.html

`partway demo` does all of it on ResNet-18. Exit codes: 0 done; 1 no feasible plan, or a check or
a run failed; 2 wrong use or bad input.
"""

app = typer.Typer(
    name="partway",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    profile, probe, plan, explain, pareto, sweep, compare, emit, run, report, export, speed, carry,
    demo,
):  # fmt: skip
    app.command()(command)


def main() -> None:
    """Runs one command; every expected error is one line on stderr and an exit code."""
    from netmodel.errors import NetModelError
    from planner.errors import CheckError, PlannerError
    from profiler.errors import ProfilerError

    # An exception runs every clean-up on the way out: workers, drafts, temporary files.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # Pictures go to files alone; a backend that is set for other programs may not even exist.
    os.environ["MPLBACKEND"] = "agg"
    try:
        app()
    except CheckError as error:
        sys.exit(fail(error, code=1))
    except (NetModelError, PlannerError, ProfilerError, OSError, OverflowError) as error:
        sys.exit(fail(error, code=2))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
