"""Emitting the stages of a plan, and running them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.profiles import captured
from planner.api.progress import Progress
from planner.engines import engine_named
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.engines.interface import RunOptions, RunResult
from planner.engines.processes import ProcessesEngine, RunningPartition
from planner.errors import PlannerError
from planner.partition import Partition, open_partition
from planner.solution import PlanDocument
from profiler.reference import time_reference

if TYPE_CHECKING:
    from profiler.capture import CapturedModel
    from profiler.sources import ModelSource


def emit(
    document: PlanDocument,
    model: str | ModelSource | CapturedModel,
    folder: Path | str,
    *,
    on_step: Progress = lambda step: None,
) -> Partition:
    """Writes the stages of a plan and a manifest, verified against the original model."""
    from planner.emit.emitter import emit as write

    manifest = write(document, captured(model), Path(folder), on_step=on_step)
    return Partition(Path(folder), manifest)


def emit_all(
    targets: Sequence[tuple[PlanDocument, Path]],
    model: str | ModelSource | CapturedModel,
    *,
    on_step: Progress = lambda step: None,
) -> list[Partition]:
    """Writes several plans of one model as `emit` does, in the time of little more than one."""
    from planner.emit.emitter import emit_all as write

    manifests = write(targets, captured(model), on_step=on_step)
    return [Partition(folder, m) for (_, folder), m in zip(targets, manifests, strict=True)]


def run(
    partition: Partition | Path | str,
    options: RunOptions | None = None,
    *,
    engine: str = "processes",
    hosts: Hosts = THIS_MACHINE,
    on_request: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Runs a partition on the given hosts and measures every stage and hop.

    Before and after it times the reference computation on this machine, so that the result tells
    whether the machine is as fast as it was when it was profiled.
    """
    opened = partition if isinstance(partition, Partition) else open_partition(Path(partition))
    chosen = engine_named(engine)
    reason = chosen.skip_reason(opened, options or RunOptions(), hosts)
    if reason is not None:
        raise PlannerError(f"engine {engine!r} cannot run this: {reason}")
    before = time_reference()
    result = chosen.run(opened, options or RunOptions(), hosts=hosts, on_request=on_request)
    return result.model_copy(update={"reference": (before, time_reference())})


def start(
    partition: Partition,
    options: RunOptions | None = None,
    *,
    hosts: Hosts = THIS_MACHINE,
) -> AbstractContextManager[RunningPartition]:
    """Starts a partition's workers, which can then be measured several times within a `with`.

    Raises:
        PlannerError: they cannot be started here with these options.
    """
    engine = ProcessesEngine()
    reason = engine.skip_reason(partition, options or RunOptions(), hosts)
    if reason is not None:
        raise PlannerError(f"engine {engine.name!r} cannot run this: {reason}")
    return engine.start(partition, options or RunOptions(), hosts=hosts)
