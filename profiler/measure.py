"""In-context timing: all blocks in sequence, interleaved with the whole model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from profiler.backends.interface import Executable, Value
from profiler.devices.interface import Device
from profiler.profile_options import Rounds
from profiler.profile_records import Timing, Whole

_WARM_UP_ROUNDS = 3
_DIGITS = 9


@dataclass(frozen=True)
class Part:
    """Something runnable, with the names of the tensors that it reads and produces."""

    executable: Executable
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class BlockTimings:
    """Result of a measurement."""

    blocks: tuple[Timing, ...]
    whole: Whole


def time_blocks(
    blocks: Sequence[Part],
    whole: Part,
    inputs: Mapping[str, Value],
    *,
    device: Device,
    rounds: Rounds,
    on_round: Callable[[int, int], None] = lambda done, most: None,
) -> BlockTimings:
    """Times every block in the order of execution, and the whole model in the same rounds.

    One round runs all blocks in sequence, as they run in a stage, then the whole model. Tensors
    are released after their last reader, as the whole model does. The first rounds warm up and
    do not count. No round is left out as an outlier: medians bear them. Sample r of every timing
    is of round r, so that what slows a whole round down shows in all of its blocks.

    Args:
        blocks: in execution order; together they compute what `whole` computes.
        whole: the unsplit model on the same backend.
        inputs: the sample input by tensor name.
        device: its clock is read before and after every block.
        rounds: how often.
        on_round: told the number of finished rounds and the most there will be.
    """
    released = _last_readers(blocks)
    times: list[list[float]] = []
    whole_times: list[float] = []
    started = device.now_s()
    for done in range(_WARM_UP_ROUNDS + rounds.most):
        block_s = _run_chain(blocks, released, inputs, device)
        whole_s = _run_whole(whole, inputs, device)
        if done >= _WARM_UP_ROUNDS:
            times.append(block_s)
            whole_times.append(whole_s)
        else:
            started = device.now_s()
        on_round(len(times), rounds.most)
        if len(times) >= rounds.least and device.now_s() - started > rounds.budget_s:
            break
    timings = tuple(timing(column) for column in np.asarray(times).T)
    return BlockTimings(blocks=timings, whole=_whole(timings, whole_times))


def timing(samples_s: Sequence[float]) -> Timing:
    """Median and spread of repeated measurements, in seconds, with each of them to the nanosecond.

    Clocks tell no less, and files stay readable.
    """
    p10, median, p90 = np.percentile(np.asarray(samples_s, dtype=np.float64), (10, 50, 90))
    samples = tuple(round(float(sample), _DIGITS) for sample in samples_s)
    return Timing(median_s=median, p10_s=p10, p90_s=p90, n=len(samples), samples_s=samples)


def _whole(blocks: Sequence[Timing], samples_s: Sequence[float]) -> Whole:
    whole = timing(samples_s)
    halves = [float(np.median(samples_s[start::2])) for start in (0, 1) if samples_s[start::2]]
    return Whole(
        latency=whole,
        blocks_over_whole=math.fsum(block.median_s for block in blocks) / whole.median_s,
        noise=abs(halves[0] - halves[-1]) / whole.median_s,
    )


def _run_chain(
    blocks: Sequence[Part],
    released: Sequence[tuple[str, ...]],
    inputs: Mapping[str, Value],
    device: Device,
) -> list[float]:
    """Seconds of each block, run in sequence."""
    values = dict(inputs)
    elapsed = []
    before = device.now_s()
    for block, names in zip(blocks, released, strict=True):
        outputs = block.executable.run([values[name] for name in block.inputs])
        values.update(zip(block.outputs, outputs, strict=True))
        del outputs
        for name in names:
            del values[name]
        after = device.now_s()
        elapsed.append(after - before)
        before = after
    return elapsed


def _run_whole(whole: Part, inputs: Mapping[str, Value], device: Device) -> float:
    before = device.now_s()
    whole.executable.run([inputs[name] for name in whole.inputs])
    return device.now_s() - before


def _last_readers(blocks: Sequence[Part]) -> list[tuple[str, ...]]:
    """Names that nobody needs any more, by the block after which they can go."""
    released: list[tuple[str, ...]] = []
    read_later: set[str] = set()
    for block in reversed(blocks):
        released.append(tuple(sorted({*block.inputs, *block.outputs} - read_later)))
        read_later.update(block.inputs)
    return released[::-1]
