"""Manifest: what is in a folder of emitted parts, and the proof that they compute the model."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from planner.solution import PlanDocument
from profiler.record import Record


class Port(Record):
    """One tensor that a stage file reads or produces."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class FileStamp(Record):
    """A file in the folder, with what it held when it was written."""

    path: str
    """Relative to the manifest."""
    n_bytes: NonNegativeInt
    sha256: str


class StageFile(Record):
    """One stage, able to run alone."""

    file: FileStamp
    node: str
    replicas: tuple[str, ...] = ()
    """More nodes that run the same file, in turn."""
    op_start: NonNegativeInt
    op_stop: NonNegativeInt
    weight_bytes: NonNegativeInt
    inputs: tuple[Port, ...]
    """In the order of the file's arguments; tensors that only pass through are not among them."""
    outputs: tuple[Port, ...]
    """In the order of the file's results."""


class Verification(Record):
    """Chained stage files against the original model on the sample input."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    bit_identical: bool
    max_abs_difference: NonNegativeFloat
    max_rel_difference: NonNegativeFloat
    """Largest absolute difference over the largest magnitude of the original's output tensor."""
    tolerance: NonNegativeFloat
    """Limit on the relative difference; 0 asks for identical bits."""


class Manifest(Record):
    """Everything a run needs to know about a folder of emitted parts."""

    schema_: Literal["partway.manifest/1"] = Field(alias="schema", default="partway.manifest/1")
    document: PlanDocument
    stages: tuple[StageFile, ...] = Field(min_length=1)
    input_names: tuple[str, ...]
    """Tensors the model takes, flattened."""
    output_names: tuple[str, ...]
    """Tensors the model returns, flattened; a name may stand twice."""
    output_labels: tuple[str, ...]
    """Where each of them stands in what the model returns."""
    sample: FileStamp
    """The sample input."""
    expected: FileStamp
    """What the original model returns for it."""
    verification: Verification
    packages: dict[str, str]
