"""Output check: what the stages returned against what the original model returned."""

from __future__ import annotations

from collections.abc import Mapping

from planner.comparison import compare_outputs, holds
from planner.errors import VerificationError
from planner.manifest import Verification
from planner.partition import Partition
from planner.runtime.layout import Array


def check_outputs(partition: Partition, tensors: Mapping[str, Array]) -> Verification:
    """Compares the tensors of the last hop with the expected outputs.

    Raises:
        VerificationError: an output is of another shape or type, or too different.
    """
    manifest = partition.manifest
    actual = [tensors[name] for name in manifest.output_names]
    expected = [partition.expected_outputs[label] for label in manifest.output_labels]
    for label, got, wanted in zip(manifest.output_labels, actual, expected, strict=True):
        _check_form(label, got, wanted)
    check = compare_outputs(actual, expected, tolerance=manifest.verification.tolerance)
    if not holds(check):
        limit = f"{check.tolerance:.3g}" if check.tolerance else "identical bits"
        raise VerificationError(
            "the stages returned something else than the original model: relative difference "
            f"{check.max_rel_difference:.3g}, allowed {limit}. The machine or its packages may "
            "differ from those at emission: emit again here"
        )
    return check


def _check_form(label: str, actual: Array, expected: Array) -> None:
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        raise VerificationError(
            f"output {label!r} is {actual.dtype} {list(actual.shape)}, but the original model "
            f"returned {expected.dtype} {list(expected.shape)}: emit again"
        )
