"""How far each way to time blocks is from the measured time of a stage."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from experiments.block_timing.model_parts import ModelParts, Span, in_sequence
from profiler.precision import noise_of
from profiler.profile_options import REST_S
from profiler.stage_start import stage_start_s

Row = tuple[str, str, float]
"""Quantity, detail, value."""


def stage_error_rows(parts: ModelParts, stages: list[Span], rounds: int) -> Iterator[Row]:
    """Rounds of everything in a random order, each part after a rest; then the errors.

    An error is predicted over measured, less one. The whole model after a rest is what the blocks
    of `sequence` and `trace` are scaled to; `and start` charges every stage for one start and
    scales them to what the whole takes beyond its own, as planning does.
    """
    sequence = in_sequence(parts)
    wanted = {*stages, *parts.thirds}
    spans = [span for span in parts.spans if span[1] - span[0] > 1 or span in wanted]
    times_s: dict[Span, list[float]] = defaultdict(list)
    for _ in range(rounds):
        time.sleep(REST_S)
        sequence.run()
        if parts.tracer is not None:
            time.sleep(REST_S)
            parts.tracer.run(parts.inputs_of(parts.whole))
        for span in random.sample(spans, len(spans)):
            time.sleep(REST_S)
            start_s = time.perf_counter()
            parts.run(span)
            times_s[span].append(time.perf_counter() - start_s)
    median_s = {span: float(np.median(samples[2:])) for span, samples in times_s.items()}
    whole_s = median_s[parts.whole]
    block_s = {"sequence": np.median(sequence.finish().times_s[2:], axis=0)}
    if parts.tracer is not None:
        trace = parts.tracer.finish()
        block_s["trace"] = np.median(trace.times_s[2:], axis=0)
        yield "share of the trace known by name", "", trace.named_share
    start_s = {}
    for way, blocks in block_s.items():
        yield "blocks over whole", way, float(blocks.sum()) / whole_s
        thirds_s = np.array([median_s[span] for span in parts.thirds])
        start_s[way] = stage_start_s(thirds_s, parts.thirds, blocks_s=blocks, whole_s=whole_s)
        yield "start of a stage (s)", way, start_s[way]
    yield "noise of the whole", "", noise_of(times_s[parts.whole][2:])
    for stage in stages:
        detail = f"{stage[0]}-{stage[1]}"
        yield "measured stage (s)", detail, median_s[stage]
        yield "noise of a stage", detail, noise_of(times_s[stage][2:])
        for way, predicted_s in _predictions(stage, parts.whole, block_s, start_s, median_s):
            yield f"stage error, {way}", detail, predicted_s / median_s[stage] - 1
    yield from _border_rows(parts.whole, median_s)


def _predictions(
    stage: Span,
    whole: Span,
    block_s: Mapping[str, NDArray[np.float64]],
    start_s: Mapping[str, float],
    median_s: Mapping[Span, float],
) -> Iterator[tuple[str, float]]:
    for way, blocks in block_s.items():
        share = float(blocks[slice(*stage)].sum() / blocks.sum())
        yield way, share * median_s[whole]
        yield f"{way} and start", start_s[way] + share * (median_s[whole] - start_s[way])
    # What ends with the stage, and what begins with it, less the whole: with a cost of each border.
    yield "ends", median_s[0, stage[1]] + median_s[stage[0], whole[1]] - median_s[whole]


def _border_rows(whole: Span, median_s: Mapping[Span, float]) -> Iterator[Row]:
    """What a cut adds to the whole model's time: of the two parts together, less the whole."""
    ends = [stop for start, stop in median_s if start == 0 and (stop, whole[1]) in median_s]
    for end in ends:
        added_s = median_s[0, end] + median_s[end, whole[1]] - median_s[whole]
        yield "cut adds, over the whole", str(end), added_s / median_s[whole]
