"""Cold fit: the window with which a fresh connection begins, from the first messages on some."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from netmodel.links.any_link import AnyLink
from netmodel.links.cold_start import slow_start_stall_s
from netmodel.segments import noise_of

_Floats = NDArray[np.float64]
_LEAST_WINDOW_BYTES, _MOST_WINDOW_BYTES = 2.0**9, 2.0**24
_TRIES = 121
_AS_GOOD = 1e-6


@dataclass(frozen=True)
class ColdFit:
    """The initial window, and what it is worth."""

    window_bytes: float
    is_bound: bool
    """Whether a message never waits with it: any larger window explains as much."""


def fit_cold_start(model: AnyLink, n_bytes: _Floats, seconds: _Floats) -> ColdFit:
    """The initial window that explains cold messages best, the warm model being given.

    The loss is that of `fit_segments`. It has a local minimum for every number of round trips, so
    windows are tried by steps of 9 % first, and the best is refined between its neighbours. Where
    several explain as much, it is the smallest.

    Args:
        model: of warm messages.
        n_bytes: of each cold sample.
        seconds: that it took.
    """
    noise = noise_of(n_bytes, seconds)
    warm_s = model.transfer_s(n_bytes.astype(np.int64))
    wire = {"round_trip_s": 2 * model.latency_s, "bytes_per_s": model.bandwidth_bytes_per_s}

    def loss(log_window: float) -> float:
        stall_s = slow_start_stall_s(n_bytes.astype(np.int64), float(np.exp(log_window)), **wire)
        squares = (np.log(seconds / (warm_s + stall_s)) / noise) ** 2
        return float(np.sum(2 * (np.sqrt(1 + squares) - 1)))

    tries = np.linspace(np.log(_LEAST_WINDOW_BYTES), np.log(_MOST_WINDOW_BYTES), _TRIES)
    losses = np.array([loss(log_window) for log_window in tries])
    place = int(np.flatnonzero(losses <= losses.min() * (1 + _AS_GOOD))[0])
    low, high = tries[max(place - 1, 0)], tries[min(place + 1, _TRIES - 1)]
    refined = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    best = float(refined.x) if refined.fun < losses[place] * (1 - _AS_GOOD) else float(tries[place])
    stalls_s = slow_start_stall_s(n_bytes.astype(np.int64), float(np.exp(best)), **wire)
    return ColdFit(float(np.exp(best)), is_bound=not np.any(stalls_s > 0))
