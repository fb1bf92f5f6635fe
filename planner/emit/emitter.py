"""Writes a partition: one file per stage, a manifest, and the sample it was verified on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from planner.comparison import compare_outputs, holds
from planner.emit.target import check_target, replacing_folder
from planner.errors import MismatchError, VerificationError
from planner.files import stamp, write_record
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
_ROUNDING = 1e-5
"""Accepted of stages on several threads, which add up in another order than the original did."""
_Span = tuple[int, int]
"""First operator of a stage, and the one after its last."""
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
    return emit_all([(document, folder)], captured, on_step=on_step)[0]


def emit_all(
    targets: Sequence[tuple[PlanDocument, Path]],
    captured: CapturedModel,
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> list[Manifest]:
    """Writes several plans of one model, each to a folder of its own, and builds each stage once.

    Exporting a model takes most of the time of an emission, and is done once for all plans.

    Args:
        targets: plan files' contents, of one backend and one order of operators, with the folders
            where the partitions go. The folders before one that fails stay.
        captured: the model that was profiled.
        on_step: told what is being done, for a progress display.

    Raises:
        MismatchError: as `emit`, or the plans differ in backend or order of operators.
        PlannerError: as `emit`.
        VerificationError: as `emit`.
    """
    first = _of_one_build([document for document, _ in targets])
    captured = _in_plan_order(first, captured)
    plans = [_plan_of(document, captured) for document, _ in targets]
    for _, folder in targets:
        check_target(folder.resolve())
    backend = backend_named(first.backend)
    spans = dict.fromkeys((stage.op_start, stage.op_stop) for p in plans for stage in p.stages)
    carvings = {span: carve(captured, *span) for span in spans}
    on_step(f"building {len(spans)} stages for {backend.name}")
    programs = dict(zip(spans, backend.build(list(carvings.values())), strict=True))
    return [
        _write(document, captured, folder.resolve(), carvings, programs=programs, on_step=on_step)
        for document, folder in targets
    ]


def _write(
    document: PlanDocument,
    captured: CapturedModel,
    folder: Path,
    carvings: Mapping[_Span, Carving],
    *,
    programs: Mapping[_Span, Any],
    on_step: Callable[[str], None],
) -> Manifest:
    """Writes one plan from parts that are carved and built."""
    backend, plan = backend_named(document.backend), _plan_of(document, captured)
    spans = [(stage.op_start, stage.op_stop) for stage in plan.stages]
    parts = [carvings[span] for span in spans]
    with replacing_folder(folder) as draft:
        paths = []
        for number, (span, stage) in enumerate(zip(spans, plan.stages, strict=True)):
            on_step(f"writing stage {number} for {stage.node}")
            paths.append(draft / f"stage{number}{backend.suffix}")
            backend.save(programs[span], paths[-1])
        on_step("running the written stages on the sample input")
        verification = _verify(document, captured, parts, paths)
        manifest = _manifest(document, captured, parts, paths, verification=verification)
        write_record(draft / MANIFEST_NAME, manifest)
        open_partition(draft)
    return manifest


def _of_one_build(documents: Sequence[PlanDocument]) -> PlanDocument:
    """The first plan, which all others share the backend and the order of operators with."""
    first = documents[0]
    for document in documents[1:]:
        if (document.backend, document.op_order) != (first.backend, first.op_order):
            raise MismatchError(
                f"plans for the backends {first.backend} and {document.backend}, or of different "
                "orders of operators, share no stages: emit each group by itself"
            )
    return first


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
    tolerance = backend.tolerance if document.threads == 1 else max(backend.tolerance, _ROUNDING)
    verification = compare_outputs(actual, expected, tolerance=tolerance)
    if not holds(verification):
        limit = f"limit {tolerance:g}" if tolerance else "identical bits wanted"
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
