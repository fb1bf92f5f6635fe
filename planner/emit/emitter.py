"""Writes a partition: one file per stage, a manifest, and the sample it was verified on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from planner.comparison import compare_outputs, holds
from planner.errors import FileFormatError, MismatchError, PlannerError, VerificationError
from planner.files import read_record, stamp, write_record
from planner.manifest import Manifest, Port, StageFile, Verification
from planner.partition import MANIFEST_NAME, open_partition
from planner.plan import Plan
from planner.runtime import frames
from planner.solution import PlanDocument
from profiler.backends import backend_named
from profiler.backends.interface import Array, Backend
from profiler.capture import CapturedModel
from profiler.carve import Carving, carve
from profiler.errors import OrderError
from profiler.liveness import crossing_tensors

_SAMPLE, _EXPECTED = "sample_inputs.tensors", "expected_outputs.tensors"
_PACKAGES = ("torch", "onnx", "onnxscript", "onnxruntime", "numpy")


def emit(
    document: PlanDocument,
    captured: CapturedModel,
    folder: Path,
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> Manifest:
    """Writes the stages of a plan, after running them on the sample input from their files.

    The folder appears complete or not at all. One that holds an older partition is replaced; one
    that holds anything else is left alone.

    Args:
        document: a plan file's content; its backend decides the form of the stage files.
        captured: the model that was profiled.
        folder: where the partition goes.
        on_step: told what is being done, for a progress display.

    Raises:
        MismatchError: the plan has no stages, is of another model, or counts the operators in an
            order in which they cannot run.
        PlannerError: the folder holds something else.
        VerificationError: the chained stages do not compute what the original model computes.
    """
    captured = _in_plan_order(document, captured)
    plan = _plan_of(document, captured)
    folder = folder.resolve()
    check_target(folder)
    backend = backend_named(document.backend)
    carvings = [carve(captured, stage.op_start, stage.op_stop) for stage in plan.stages]
    with _replacing(folder) as draft:
        on_step(f"building {len(carvings)} stages for {backend.name}")
        programs = backend.build(carvings)
        paths = []
        for number, (program, stage) in enumerate(zip(programs, plan.stages, strict=True)):
            on_step(f"writing stage {number} for {stage.node}")
            paths.append(draft / f"stage{number}{backend.suffix}")
            backend.save(program, paths[-1])
        del programs
        on_step("running the written stages on the sample input")
        verification = _verify(document, captured, carvings, paths)
        manifest = _manifest(document, captured, carvings, paths, verification=verification)
        write_record(draft / MANIFEST_NAME, manifest)
        open_partition(draft)
    return manifest


def _in_plan_order(document: PlanDocument, captured: CapturedModel) -> CapturedModel:
    """The captured model with its operators in the order in which the plan counts them."""
    if not document.op_order:
        return captured
    try:
        return captured.in_order(document.op_order)
    except OrderError as error:
        raise MismatchError(
            f"the plan file's op_order is none of {captured.graph.model}: {error}; give the model "
            "that was profiled, or plan again"
        ) from error


def _plan_of(document: PlanDocument, captured: CapturedModel) -> Plan:
    plan = document.solution.plan
    if plan is None:
        raise MismatchError(f"the plan file holds no plan: {document.solution.reason}")
    if plan.graph_digest != captured.graph.digest:
        raise MismatchError(
            f"the plan is for {document.model} (graph {plan.graph_digest[:12]}), but "
            f"{captured.graph.model} was captured as graph {captured.graph.digest[:12]}: give "
            "the model and input shape that were profiled"
        )
    crossing = crossing_tensors(captured.graph)
    borders = (0, *(stage.op_stop for stage in plan.stages))
    if borders[-1] != len(captured.graph.ops) or plan.hops != tuple(crossing[p] for p in borders):
        raise MismatchError(
            "the plan's stages and hops are not those of the model's graph: the plan file was "
            "changed, plan again"
        )
    return plan


def check_target(folder: Path) -> None:
    """Makes sure that a partition can go to a folder without touching anything else.

    Raises:
        PlannerError: it is a file, or holds anything but an older partition.
    """
    if folder.exists() and not folder.is_dir():
        raise PlannerError(f"{folder} is a file: name a folder for the stages")
    if not folder.is_dir():
        return
    if Path.cwd().is_relative_to(folder.resolve()):
        raise PlannerError(
            f"{folder} is the current folder or above it and would be replaced: name one inside it"
        )
    strangers = {path.name for path in folder.iterdir()} - _written_files(folder)
    if strangers:
        raise PlannerError(
            f"{folder} holds files that no emission wrote ({', '.join(sorted(strangers)[:3])}): "
            "name a new folder, or empty this one"
        )


def _written_files(folder: Path) -> set[str]:
    """Files that an older emission wrote there, as its manifest says."""
    try:
        manifest = read_record(folder / MANIFEST_NAME, Manifest)
    except FileFormatError:
        return set()
    stamps = (manifest.sample, manifest.expected, *(stage.file for stage in manifest.stages))
    return {MANIFEST_NAME, *(stamped.path for stamped in stamps)}


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A draft folder beside the target that takes its place if nothing fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    older = draft.with_name(f"{draft.name}-older")
    try:
        yield draft
        draft.chmod(0o755)
        check_target(folder)  # again: emission takes a while
        if folder.exists():
            folder.replace(older)
        draft.replace(folder)
    finally:
        if older.exists() and not folder.exists():
            older.replace(folder)
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)


def _verify(
    document: PlanDocument, captured: CapturedModel, carvings: Sequence[Carving], paths: list[Path]
) -> Verification:
    """Chains the stage files from disk, and writes the sample beside them."""
    backend, reference = backend_named(document.backend), backend_named("torch")
    folder = paths[0].parent
    sample = {name: reference.to_array(value) for name, value in captured.inputs.items()}
    expected = [reference.to_array(value) for value in captured.expected]
    outputs = _chain(backend, carvings, paths, sample, threads=document.threads)
    actual = [outputs[name] for name in captured.graph.outputs]
    verification = compare_outputs(actual, expected, tolerance=backend.tolerance)
    if not holds(verification):
        limit = f"limit {backend.tolerance:g}" if backend.tolerance else "identical bits wanted"
        raise VerificationError(
            f"the {len(paths)} stages of {document.model} differ from the original by up to "
            f"{verification.max_abs_difference:.3g} (relative "
            f"{verification.max_rel_difference:.3g}, {limit}): nothing was written. "
            "Does the model draw random numbers or keep state between calls?"
        )
    frames.save(folder / _SAMPLE, sample)
    frames.save(folder / _EXPECTED, dict(zip(captured.output_labels, expected, strict=True)))
    return verification


def _chain(
    backend: Backend,
    carvings: Sequence[Carving],
    paths: Sequence[Path],
    sample: Mapping[str, Array],
    *,
    threads: int,
) -> dict[str, Array]:
    """Every tensor that a stage returned, from stages loaded one after another."""
    values = {name: backend.to_value(array) for name, array in sample.items()}
    for carving, path in zip(carvings, paths, strict=True):
        stage = backend.load(path, threads=threads)
        outputs = stage.run([values[name] for name in carving.inputs])
        values.update(zip(carving.outputs, outputs, strict=True))
    return {name: backend.to_array(value) for name, value in values.items()}


def _manifest(
    document: PlanDocument,
    captured: CapturedModel,
    carvings: Sequence[Carving],
    paths: Sequence[Path],
    *,
    verification: Verification,
) -> Manifest:
    plan = _plan_of(document, captured)
    folder = paths[0].parent
    stages = tuple(
        StageFile(
            file=stamp(path, folder),
            node=stage.node,
            replicas=stage.replicas,
            op_start=carving.start,
            op_stop=carving.stop,
            weight_bytes=_weight_bytes(carving),
            inputs=_ports(captured, carving.inputs),
            outputs=_ports(captured, carving.outputs),
        )
        for path, carving, stage in zip(paths, carvings, plan.stages, strict=True)
    )
    return Manifest(
        document=document,
        stages=stages,
        input_names=tuple(captured.inputs),
        output_names=captured.graph.outputs,
        output_labels=captured.output_labels,
        sample=stamp(folder / _SAMPLE, folder),
        expected=stamp(folder / _EXPECTED, folder),
        verification=verification,
        packages={name: version(name) for name in _PACKAGES},
    )


def _weight_bytes(carving: Carving) -> int:
    graph = carving.captured.graph
    ops = graph.ops[carving.start : carving.stop]
    names = {name for op in ops for name in op.parameters}
    return sum(graph.parameter[name].n_bytes for name in names)


def _ports(captured: CapturedModel, names: Sequence[str]) -> tuple[Port, ...]:
    specs = [captured.graph.tensor[name] for name in names]
    return tuple(Port(name=spec.name, shape=spec.shape, dtype=spec.dtype) for spec in specs)
