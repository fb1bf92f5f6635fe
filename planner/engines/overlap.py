"""Overlap: the time between answers while several requests are under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

import numpy as np

from planner.engines.interface import RunOptions
from planner.engines.output_check import check_outputs
from planner.engines.ring import Ring
from planner.partition import Partition
from planner.runtime.layout import Array, to_memory
from planner.throughput import Throughput
from profiler.profile_records import Timing


def measure_throughput(partition: Partition, ring: Ring, options: RunOptions) -> Throughput:
    """Keeps `options.in_flight` requests in the ring, and checks every answer.

    The first and the last answers are left out, as many as are in flight: there the ring fills and
    drains.

    Raises:
        RunError: a worker died, stalled or failed, or answers are out of order.
        VerificationError: an output is not that of the original model.
    """
    in_flight = options.in_flight
    check = _Checked(partition)
    ends_s = []
    inputs = {name: partition.sample_inputs[name] for name in partition.plan.hops[0]}
    around = ring.answers(
        inputs,
        n_requests=options.requests + 2 * in_flight,
        in_flight=in_flight,
        deadline_s=options.deadline_s,
    )
    with closing(around) as answers:  # also its thread ends if an answer is wrong
        for answer in answers:
            check(answer.tensors)
            ends_s.append(answer.end_s)
    steady_s = ends_s[in_flight : in_flight + options.requests + 1]
    return Throughput(
        in_flight=in_flight,
        requests=options.requests,
        period=period(steady_s, in_flight),
        peak_bytes=tuple(ring.peak_bytes(deadline_s=options.deadline_s)),
    )


def period(ends_s: Sequence[float], in_flight: int) -> Timing:
    """Time between answers that ended at the given times: moving means over gaps in a row.

    Args:
        ends_s: of answers that follow each other, at least two.
        in_flight: gaps of a mean; all of them if there are fewer.
    """
    width = min(in_flight, len(ends_s) - 1)
    samples_s = (np.subtract(ends_s[width:], ends_s[:-width]) / width).tolist()
    p10_s, median_s, p90_s = np.percentile(samples_s, (10, 50, 90)).tolist()
    return Timing(
        median_s=median_s, p10_s=p10_s, p90_s=p90_s, n=len(samples_s), samples_s=tuple(samples_s)
    )


class _Checked:
    """Checks answers in full, but those that have the same bits as one before only for that.

    A full check takes longer than an answer may, and would hold up those behind it.
    """

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self._right: Mapping[str, Array] | None = None

    def __call__(self, tensors: Mapping[str, Array]) -> None:
        if self._right is None or not _same(self._right, tensors):
            check_outputs(self._partition, tensors)
            self._right = tensors


def _same(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    return one.keys() == other.keys() and all(
        _same_bits(array, other[name]) for name, array in one.items()
    )


def _same_bits(one: Array, other: Array) -> bool:
    (memory, strides), (other_memory, other_strides) = to_memory(one), to_memory(other)
    return (one.shape, one.dtype, strides) == (
        other.shape,
        other.dtype,
        other_strides,
    ) and memory.tobytes() == other_memory.tobytes()
