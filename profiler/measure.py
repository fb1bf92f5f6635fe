"""In-context timing: all blocks in sequence, interleaved with the whole model.

    floor    rest, whole, whole             A against A, and what a rest costs
    warm-up  rest, blocks, rest, whole, rest, stage, rest, stage…       not counted
    rounds   rest, blocks, rest, whole, rest, stage, rest, stage…       until the budget is used up

Workers of a chain are idle between two requests, so that caches and clocks are not as they are in
a loop: what is timed comes after a rest, as there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from profiler.backends.interface import Value
from profiler.block_timer import BlockTimer, Part
from profiler.devices.interface import Device
from profiler.precision import half_width, noise_of, worst_share_half_width
from profiler.profile_options import Rounds
from profiler.profile_records import Precision, Timing, Whole
from profiler.stage_start import Span, stage_start_s

_WARM_UP_ROUNDS = 3
_FLOOR_SHARE = 0.25
"""Of the budget, after which the floor ends."""
_LEAST_FLOOR = 4
"""Runs that make two pairs, without which there is no A against A."""
_CONFIDENCE = 0.95
_DIGITS = 9


@dataclass(frozen=True)
class Stages:
    """A few stages that make up the model, run one after another with a rest before each."""

    timer: BlockTimer
    spans: Sequence[Span]
    """Blocks of each."""


@dataclass(frozen=True)
class Forms:
    """One model in the forms that are timed against each other."""

    blocks: BlockTimer
    """Together they compute what `whole` computes."""
    whole: Part
    """The unsplit model on the same backend."""
    stages: Stages | None = None
    """None if the model has one block."""


@dataclass(frozen=True)
class BlockTimings:
    """Result of a measurement."""

    blocks: tuple[Timing, ...]
    whole: Whole


def time_blocks(
    forms: Forms,
    inputs: Mapping[str, Value],
    *,
    device: Device,
    rounds: Rounds,
    on_round: Callable[[int, int], None] = lambda done, most: None,
) -> BlockTimings:
    """Times every block, and the whole model in the same rounds.

    First the whole model alone, again and again, for the noise of this machine now. Then rounds:
    each runs all blocks, then the whole model, then a few stages that make it up. The first rounds
    warm up and do not count. No round is left out as an outlier: medians bear them. Sample r of
    every timing is of round r, so that what slows a whole round down shows in all of its blocks.

    Args:
        forms: the model's blocks, the whole, and its stages.
        inputs: the sample input by tensor name.
        device: its clock is read.
        rounds: how often, and for how long at most.
        on_round: told the number of finished rounds and the most there will be.
    """
    started_s = device.now_s()
    blocks, stages = forms.blocks, forms.stages
    run_whole = partial(_run_whole, forms.whole, inputs, device)
    floor = _floor(run_whole, device, rounds)
    whole_s: list[float] = []
    for done in range(_WARM_UP_ROUNDS + rounds.most):
        round_start_s = device.now_s()
        device.rest(rounds.rest_s)
        blocks.run()
        device.rest(rounds.rest_s)
        whole_s.append(run_whole())
        if stages is not None:
            device.rest(rounds.rest_s)
            stages.timer.run()
        counted = max(done + 1 - _WARM_UP_ROUNDS, 0)
        on_round(counted, rounds.most)
        now_s = device.now_s()
        next_end_s = now_s + (now_s - round_start_s) - started_s
        if counted >= rounds.least and next_end_s > rounds.budget_s:
            break
    spent_s = device.now_s() - started_s
    trace = blocks.finish()
    rows_s = trace.times_s[_WARM_UP_ROUNDS:]
    timings = tuple(timing(column) for column in rows_s.T)
    latency = timing(whole_s[_WARM_UP_ROUNDS:])
    blocks_s = [t.median_s for t in timings]
    return BlockTimings(
        blocks=timings,
        whole=Whole(
            latency=latency,
            blocks_over_whole=math.fsum(blocks_s) / latency.median_s,
            stage_start_s=(
                0.0
                if stages is None
                else stage_start_s(
                    np.median(stages.timer.finish().times_s[_WARM_UP_ROUNDS:], axis=0),
                    stages.spans,
                    blocks_s=np.array(blocks_s),
                    whole_s=latency.median_s,
                )
            ),
            noise=floor.noise,
            attribution=blocks.attribution,
            named_share=trace.named_share,
            rest_s=rounds.rest_s,
            rest_factor=floor.rest_factor,
            precision=_precision(rows_s, latency, spent_s),
        ),
    )


def _precision(rows_s: NDArray[np.float64], whole: Timing, spent_s: float) -> Precision:
    return Precision(
        confidence=_CONFIDENCE,
        whole=half_width(whole.samples_s, _CONFIDENCE) / whole.median_s,
        worst_block_share=worst_share_half_width(rows_s, _CONFIDENCE),
        spent_s=spent_s,
    )


@dataclass(frozen=True)
class _Floor:
    noise: float
    rest_factor: float


def _floor(run_whole: Callable[[], float], device: Device, rounds: Rounds) -> _Floor:
    """Noise of equal runs of the whole model, and how much longer a run takes after a rest."""
    if not rounds.floor:
        return _Floor(noise=0.0, rest_factor=1.0)
    rested_s: list[float] = []
    busy_s: list[float] = []
    end_s = device.now_s() + rounds.budget_s * _FLOOR_SHARE
    for done in range(_WARM_UP_ROUNDS + rounds.floor):
        if len(rested_s) >= _LEAST_FLOOR and device.now_s() > end_s:
            break
        device.rest(rounds.rest_s)
        pair_s = run_whole(), run_whole()
        if done >= _WARM_UP_ROUNDS:
            rested_s.append(pair_s[0])
            busy_s.append(pair_s[1])
    ratio = float(np.median(np.asarray(rested_s) / np.asarray(busy_s)))
    return _Floor(noise=noise_of(rested_s), rest_factor=ratio)


def timing(samples_s: Sequence[float]) -> Timing:
    """Median and spread of repeated measurements, in seconds, with each of them to the nanosecond.

    Clocks tell no less, and files stay readable.
    """
    p10, median, p90 = np.percentile(np.asarray(samples_s, dtype=np.float64), (10, 50, 90))
    samples = tuple(round(float(sample), _DIGITS) for sample in samples_s)
    return Timing(median_s=median, p10_s=p10, p90_s=p90, n=len(samples), samples_s=samples)


def _run_whole(whole: Part, inputs: Mapping[str, Value], device: Device) -> float:
    before = device.now_s()
    whole.executable.run([inputs[name] for name in whole.inputs])
    return device.now_s() - before
