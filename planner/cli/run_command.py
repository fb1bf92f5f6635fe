"""`partway run`: run the emitted stages, and show predicted beside measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import progress, stderr, stdout
from planner.cli.options import Json, check_output

if TYPE_CHECKING:
    from planner.engines.hosts import Hosts
    from planner.engines.interface import RunOptions, RunResult
    from planner.partition import Partition


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of emitted stages.")],
    engine: Annotated[
        str, typer.Option(help="inline (one process) or processes (one worker per stage).")
    ] = "processes",
    requests: Annotated[int, typer.Option(min=1, help="Measured requests.")] = 20,
    in_flight: Annotated[
        int,
        typer.Option(
            min=1,
            max=1000,
            help="Also measure the time between answers with so many requests under way.",
        ),
    ] = 1,
    emulate_links: Annotated[
        bool, typer.Option("--emulate-links", help="Pace transfers to the cluster's links.")
    ] = False,
    emulate_speeds: Annotated[
        bool,
        typer.Option("--emulate-speeds", help="Slow stages down to their nodes' speeds."),
    ] = False,
    testbed: Annotated[
        Path | None,
        typer.Option(
            metavar="CLUSTER",
            help="Build this cluster file's nodes and links out of namespaces, as root on Linux.",
        ),
    ] = None,
    cpu_limits: Annotated[
        bool,
        typer.Option("--cpu-limits", help="Give the testbed's nodes CPU quotas of their speeds."),
    ] = False,
    deadline: Annotated[str, typer.Option(help="Time limit of one request.")] = "60s",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Measurement file to write.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Run file to write, with the plan: for a report."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the stages in DIR on this machine and compare each stage and hop with its prediction.

    Files are checked before anything starts, and outputs against the original model's. Without
    --emulate-links or --testbed tensors cross this machine's loopback, not the cluster's wires. On
    a testbed every node has a network namespace of its own, and a stage that exceeds its node's
    memory is killed.

    \b
    Examples:
      partway run parts --emulate-links
      partway run parts --testbed cluster.yaml --emulate-speeds
      partway run parts --emulate-links --emulate-speeds --in-flight 4
      partway run parts --engine inline --requests 5 --json
      partway run parts --emulate-links --save run.json
    """
    from planner.engines.interface import RunOptions
    from planner.files import write_record
    from planner.partition import open_partition
    from planner.saved_run import SavedRun

    for file in filter(None, (output, save)):
        check_output(file)
    options = RunOptions(
        requests=requests,
        in_flight=in_flight,
        deadline_s=_deadline_s(deadline),
        emulate_links=emulate_links,
        emulate_speeds=emulate_speeds,
    )
    partition = open_partition(folder)
    with _hosts(partition, testbed, cpu_limits=cpu_limits, options=options) as hosts:
        result = measure(partition, options, engine, hosts=hosts)
    if output is not None:
        write_record(output, result.measurement)
        stderr().print(f"wrote {output}", markup=False)
    if save is not None:
        write_record(
            save, SavedRun(document=partition.document, result=result, cpu_quotas=cpu_limits)
        )
        stderr().print(f"wrote {save}", markup=False)
    if as_json:
        stdout().print_json(result.model_dump_json(by_alias=True))
    else:
        show(partition, result, slowed_by_quotas=cpu_limits)


@contextmanager
def _hosts(
    partition: Partition, testbed: Path | None, *, cpu_limits: bool, options: RunOptions
) -> Iterator[Hosts]:
    """This machine, or a testbed for as long as the context lasts."""
    from planner import api
    from planner.engines.hosts import THIS_MACHINE
    from planner.errors import PlannerError

    if testbed is None:
        if cpu_limits:
            raise PlannerError("--cpu-limits is of a testbed's nodes: add --testbed CLUSTER")
        yield THIS_MACHINE
        return
    if cpu_limits and options.emulate_speeds:
        raise PlannerError("--cpu-limits and --emulate-speeds slow stages down twice: drop one")
    from experiments.testbed import TestbedOptions, check_covers, notes_on, open_testbed

    cluster = api.read_cluster(testbed)
    check_covers(cluster, partition.hop_ends)
    for note in notes_on(cluster, partition.document.cluster, partition.hop_ends):
        stderr().print(note, markup=False)
    traits = TestbedOptions(cpu_limits=cpu_limits, threads=partition.document.threads)
    with open_testbed(cluster, traits) as hosts:
        yield hosts


def _deadline_s(text: str) -> float:
    from netmodel.units import parse_duration_s
    from planner.errors import PlannerError

    seconds = parse_duration_s(text)
    if seconds == 0:
        raise PlannerError(f"deadline {text!r} leaves no time for a request: write it like 60s")
    return seconds


def measure(
    partition: Partition, options: RunOptions, engine: str, *, hosts: Hosts | None = None
) -> RunResult:
    """Runs a partition, by default on this machine, showing progress."""
    from planner import api
    from planner.engines.hosts import THIS_MACHINE

    with progress("run") as on_step:
        on_step(f"starting {len(partition.plan.stages)} stages, {engine}")
        return api.run(
            partition,
            options,
            engine=engine,
            hosts=hosts or THIS_MACHINE,
            on_request=lambda done, most: on_step(f"measuring requests, {done} of {most}"),
        )


def show(partition: Partition, result: RunResult, *, slowed_by_quotas: bool = False) -> None:
    """Prints predicted beside measured, and what was real and what emulated."""
    from planner.cli.tables import comparison_of_run
    from planner.report.run_notes import run_notes, setting_text
    from planner.wording import drift_summary, verification_summary

    document = partition.document
    if document.estimate is not None:
        stdout().print(
            comparison_of_run(
                document.estimate, result.measurement, document.block_names, result.throughput
            )
        )
    stdout().print(verification_summary(result.check), markup=False)
    stdout().print(setting_text(result, slowed_by_quotas=slowed_by_quotas), markup=False)
    if document.reference is not None and result.reference is not None:
        stdout().print(drift_summary(document.reference, result.reference), markup=False)
    for note in run_notes(document, result):
        stdout().print(note, markup=False)
