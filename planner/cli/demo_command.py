"""`partway demo`: the whole loop on ResNet-18."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import progress, stderr, stdout, stop_without_plan
from planner.cli.options import check_output

if TYPE_CHECKING:
    from netmodel.cluster import Cluster
    from planner.saved_run import SavedRun
    from profiler.profile_records import Profile

_MODEL = "torchvision:resnet18"
_REPORT_S = 5.0
"""For what the report solves again; what it leaves out it counts."""


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for all files.")] = Path(
        "out/demo"
    ),
    cluster: Annotated[
        Path | None, typer.Option("--cluster", "-c", help="Another cluster file than the demo's.")
    ] = None,
) -> None:
    """Profile ResNet-18 here, plan it for a small cluster, explain, emit, run, compare and report.

    The stages run in processes of their own that really send the tensors; links and node speeds
    are emulated as the cluster file says. Takes a minute or two.
    """
    from planner import api
    from planner.cli import run_command
    from planner.cli.explanation_tables import explanation_summary, what_if_table
    from planner.cli.sweeps import SweepInputs, sweep_over
    from planner.cli.tables import (
        breakdown_table,
        comparison_table,
        profile_summary,
        profile_table,
    )
    from planner.engines.interface import RunOptions
    from planner.files import write_record, write_text_atomic
    from planner.saved_run import SavedRun
    from planner.sweep_values import SweepAxis
    from planner.wording import comparison_notes
    from profiler.profile_options import ProfileOptions

    check_output(output, is_folder=True)
    nodes, text = _described(cluster)
    write_text_atomic(output / "cluster.yaml", text)
    with progress("profile") as on_step:
        on_step(f"importing torch and capturing {_MODEL}, batch 1, 224 × 224")
        captured = api.capture(_MODEL)
        profile = api.profile(captured, ProfileOptions(backend="onnx"), on_step=on_step)
    write_record(output / "resnet18.profile.json", profile)
    stdout().print(profile_table(profile))
    stdout().print(profile_summary(profile), markup=False)

    document = api.plan(profile, nodes)
    alternatives = api.alternatives(document)
    stdout().print(comparison_table(alternatives, document.solution.objective))
    stdout().print(comparison_notes(alternatives), markup=False)
    swept = sweep_over(SweepAxis.PARTS, SweepInputs(profile, nodes))
    stdout().print(swept.table)
    _, picture = swept.write(output)
    if document.estimate is None:
        stop_without_plan(document.solution, None)
    write_record(output / "plan.json", document)
    stdout().print(breakdown_table(document.estimate, document.block_names))
    explanation = api.explain(document)
    stdout().print(explanation_summary(explanation, document), markup=False)
    stdout().print(what_if_table(explanation))

    with progress("emit") as on_step:
        partition = api.emit(document, captured, output / "parts", on_step=on_step)
    options = RunOptions(emulate_links=True, emulate_speeds=True)
    result = run_command.measure(partition, options, "processes")
    run_command.show(partition, result)
    _keep(SavedRun(document=document, result=result), profile, output)
    stderr().print(
        f"files are in {output}: profile, cluster, plan, stages in parts/, the run in run.json, "
        f"plans against granularity in {picture.name}, and all of it on one page in report.html",
        markup=False,
    )


def _keep(saved: SavedRun, profile: Profile, output: Path) -> None:
    """Writes the run, and the page about it."""
    from planner import api
    from planner.files import write_record, write_text_atomic

    write_record(output / "run.json", saved)
    with progress("report") as on_step:
        page = api.report(saved, profile=profile, time_limit_s=_REPORT_S, on_step=on_step)
    write_text_atomic(output / "report.html", page)


def _described(cluster: Path | None) -> tuple[Cluster, str]:
    """The cluster of a file, or else the demo's, and the text that describes it.

    Raises:
        FileFormatError: the file cannot be read.
        ClusterError: what it says is malformed or contradicts itself.
        MismatchError: a node has a profile of its own, which the demo does not have.
    """
    from planner import api
    from planner.errors import MismatchError

    with as_file(files("planner.cli").joinpath("demo_cluster.yaml")) as own:
        path = cluster or own
        described, text = api.read_cluster(path), path.read_text(encoding="utf-8")
    for node in described.nodes:
        if node.profile is not None:
            raise MismatchError(
                f"{path}: node {node.name!r} names the profile {node.profile!r}, but the demo "
                "profiles on this machine only: give the node a speed instead"
            )
    return described, text
