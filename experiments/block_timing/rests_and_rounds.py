"""What a rest costs, how many rounds times take to settle, and which average errs least."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from experiments.block_timing.model_parts import ModelParts
from experiments.block_timing.stage_errors import Row
from profiler.profile_options import REST_S

_RESTS_S = (0.005, 0.02, 0.1, 0.5)
_DRAWN = 10
_DRAWS = 2000
AVERAGES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "median": lambda drawn: np.median(drawn, axis=1),
    "mean": lambda drawn: np.mean(drawn, axis=1),
    "mean without the outer fifths": lambda drawn: np.mean(np.sort(drawn, axis=1)[:, 2:-2], axis=1),
    "minimum": lambda drawn: np.min(drawn, axis=1),
}


def settling_rows(parts: ModelParts, rounds: int) -> Iterator[Row]:
    """The first runs of the whole model after it was loaded, over the median of the later half."""
    samples_s = [_timed(parts, REST_S) for _ in range(rounds)]
    settled_s = float(np.median(samples_s[rounds // 2 :]))
    for number, seconds in enumerate(samples_s[: rounds // 2]):
        yield "run over settled", str(number), seconds / settled_s
    yield from average_rows(np.asarray(samples_s[rounds // 4 :]))


def average_rows(samples_s: NDArray[np.float64]) -> Iterator[Row]:
    """Each average of ten samples, drawn from all: its spread (p90 - p10) and its middle.

    Both are over the median of all samples, which a worker's median latency is.
    """
    drawn = np.random.default_rng(0).choice(samples_s, (_DRAWS, _DRAWN))
    for name, average in AVERAGES.items():
        low, middle, high = np.percentile(average(drawn), (10, 50, 90)) / np.median(samples_s)
        yield "spread of ten samples", name, float(high - low)
        yield "bias of ten samples", name, float(middle - 1)


def rest_rows(parts: ModelParts, rounds: int) -> Iterator[Row]:
    """The whole model after a rest, over its time straight after a run, in the same round."""
    ratios: dict[float, list[float]] = {rest_s: [] for rest_s in _RESTS_S}
    again: list[float] = []
    for _ in range(rounds):
        _timed(parts, 0.0)
        busy_s = _timed(parts, 0.0)
        again.append(_timed(parts, 0.0) / busy_s)
        for rest_s in _RESTS_S:
            ratios[rest_s].append(_timed(parts, rest_s) / busy_s)
    yield "no rest over no rest", "", float(np.median(again))
    for rest_s, samples in ratios.items():
        yield "rest over no rest", f"{rest_s:g} s", float(np.median(samples))


def _timed(parts: ModelParts, rest_s: float) -> float:
    time.sleep(rest_s)
    start_s = time.perf_counter()
    parts.run(parts.whole)
    return time.perf_counter() - start_s
