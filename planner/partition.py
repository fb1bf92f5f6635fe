"""Partition: a folder of emitted parts, checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from pathlib import Path, PurePosixPath

from planner.errors import FileFormatError, MismatchError
from planner.files import read_record, sha256_of
from planner.manifest import FileStamp, Manifest, Port
from planner.plan import Plan
from planner.runtime import frames
from planner.runtime.errors import FrameError
from planner.runtime.frame_header import itemsize_of
from planner.runtime.layout import Array
from planner.solution import PlanDocument

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class Partition:
    """A folder of stage files with their manifest; `open_partition` makes one that holds."""

    folder: Path
    manifest: Manifest

    @property
    def document(self) -> PlanDocument:
        """The plan file that was emitted."""
        return self.manifest.document

    @property
    def plan(self) -> Plan:
        """Which stage runs where, and what travels between them."""
        if self.document.solution.plan is None:
            raise FileFormatError(f"{self.folder}: the manifest has no plan: emit again")
        return self.document.solution.plan

    @property
    def hop_ends(self) -> list[tuple[str, str]]:
        """Sending and receiving node of each hop: into the first stage … out of the last."""
        cluster = self.document.cluster
        nodes = (stage.node for stage in self.plan.stages)
        return list(pairwise((cluster.source, *nodes, cluster.sink)))

    @cached_property
    def hop_bytes(self) -> list[int]:
        """Bytes of the tensors of each hop."""
        ports = [p for stage in self.manifest.stages for p in (*stage.inputs, *stage.outputs)]
        n_bytes = {port.name: _port_bytes(port) for port in ports}
        n_bytes |= {name: array.nbytes for name, array in self.sample_inputs.items()}
        return [sum(n_bytes[name] for name in hop) for hop in self.plan.hops]

    @cached_property
    def sample_inputs(self) -> dict[str, Array]:
        """The sample input, by tensor name."""
        return _load_frame(self.folder / self.manifest.sample.path)

    @cached_property
    def expected_outputs(self) -> dict[str, Array]:
        """What the original model returns for the sample, by output label and in that order."""
        return _load_frame(self.folder / self.manifest.expected.path)

    def placed(self, document: PlanDocument) -> Partition:
        """The same files under another plan that cuts the model alike: other nodes, links, prices.

        Raises:
            MismatchError: the plan is of another model or backend, or needs other stages.
        """
        plan, mine = document.solution.plan, self.document
        spans = [(stage.op_start, stage.op_stop) for stage in self.plan.stages]
        if (
            plan is None
            or plan.graph_digest != self.plan.graph_digest
            or (document.backend, document.op_order) != (mine.backend, mine.op_order)
            or [(stage.op_start, stage.op_stop) for stage in plan.stages] != spans
        ):
            raise MismatchError(
                f"{self.folder} holds the stages {spans} of {mine.model} for {mine.backend}, which "
                "are not those of the other plan: emit that plan"
            )
        stages = tuple(
            file.model_copy(update={"node": stage.node, "replicas": stage.replicas})
            for file, stage in zip(self.manifest.stages, plan.stages, strict=True)
        )
        manifest = self.manifest.model_copy(update={"document": document, "stages": stages})
        return Partition(self.folder, manifest)

    def stage_path(self, index: int) -> Path:
        """File of a stage."""
        return (self.folder / self.manifest.stages[index].file.path).resolve()


def open_partition(folder: Path) -> Partition:
    """Opens a folder of emitted parts.

    Raises:
        FileFormatError: the manifest is missing or malformed; it does not fit together; or a
            file is missing, truncated, or not the one that was emitted.
    """
    if not (folder / MANIFEST_NAME).exists():
        raise FileFormatError(
            f"{folder}: has no {MANIFEST_NAME}, so it is no folder of emitted stages: write one "
            "with `partway emit PLAN --model MODEL -o FOLDER`"
        )
    manifest = read_record(folder / MANIFEST_NAME, Manifest)
    partition = Partition(folder, manifest)
    stages = (stage.file for stage in manifest.stages)
    for stamped in (*stages, manifest.sample, manifest.expected):
        _check_file(folder, stamped)
    _check_stages(partition)
    _check_tensors(partition)
    return partition


def _check_file(folder: Path, stamped: FileStamp) -> None:
    relative = PurePosixPath(stamped.path)
    if relative.is_absolute() or ".." in relative.parts:
        raise FileFormatError(
            f"{folder / MANIFEST_NAME}: names the file {stamped.path!r} outside of its folder"
        )
    path = folder / relative
    if not path.is_file():
        raise FileFormatError(f"{path}: is missing: copy the whole folder, or emit again")
    n_bytes = path.stat().st_size
    if n_bytes != stamped.n_bytes:
        raise FileFormatError(
            f"{path}: has {n_bytes} bytes, but {stamped.n_bytes} were emitted: copy it in full, "
            "or emit again"
        )
    digest = sha256_of(path)
    if digest != stamped.sha256:
        raise FileFormatError(
            f"{path}: has changed since it was emitted (sha256 {digest[:12]}…, expected "
            f"{stamped.sha256[:12]}…): emit again"
        )


def _check_stages(partition: Partition) -> None:
    planned = [(s.op_start, s.op_stop, *s.nodes) for s in partition.plan.stages]
    emitted = [(s.op_start, s.op_stop, s.node, *s.replicas) for s in partition.manifest.stages]
    if planned != emitted:
        raise FileFormatError(
            f"{partition.folder / MANIFEST_NAME}: stages {emitted} are not those of the plan, "
            f"{planned}: emit again"
        )


def _check_tensors(partition: Partition) -> None:
    """Every tensor that is read, sent or returned must have come from somewhere."""
    manifest, hops = partition.manifest, partition.plan.hops
    _require(partition, manifest.input_names, partition.sample_inputs, "the sample input")
    _require(partition, manifest.output_labels, partition.expected_outputs, "the expected output")
    _require(partition, hops[0], partition.sample_inputs, "the sample input")
    for index, stage in enumerate(manifest.stages):
        _require(partition, [port.name for port in stage.inputs], hops[index], f"hop {index}")
        made = [port.name for port in stage.outputs]
        _require(partition, hops[index + 1], (*hops[index], *made), f"stage {index}")
    _require(partition, manifest.output_names, hops[-1], "the last hop")
    if len(manifest.output_names) != len(manifest.output_labels):
        raise FileFormatError(
            f"{partition.folder / MANIFEST_NAME}: has {len(manifest.output_names)} outputs, but "
            f"{len(manifest.output_labels)} labels: emit again"
        )


def _require(
    partition: Partition, names: Sequence[str], known: Sequence[str] | dict[str, Array], where: str
) -> None:
    missing = [name for name in names if name not in known]
    if missing:
        raise FileFormatError(
            f"{partition.folder / MANIFEST_NAME}: {where} does not have {missing}: emit again"
        )


def _port_bytes(port: Port) -> int:
    try:
        return prod(port.shape) * itemsize_of(port.dtype)
    except FrameError as error:
        raise FileFormatError(f"the manifest's tensor {port.name!r}: {error}") from error


def _load_frame(path: Path) -> dict[str, Array]:
    try:
        return frames.load(path)
    except FrameError as error:
        raise FileFormatError(f"{error}: emit again") from error
