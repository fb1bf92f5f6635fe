"""Two messages at once, to two nodes, beside one at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median

from planner.engines.hosts import Hosts
from planner.engines.probing import server_on
from planner.runtime.probe_wire import ProbeWire

N_BYTES = 10**6
WARM_UPS, RUNS = 4, 9
DEADLINE_S = 60.0


def together_s(hosts: Hosts, source: str, targets: Sequence[str]) -> tuple[float, float]:
    """Median seconds until a message has arrived at one target, and at all when sent at once."""
    with ExitStack() as stack:
        wires = []
        for target in targets:
            port = stack.enter_context(server_on(hosts, target))
            deadline_s = time.monotonic() + DEADLINE_S
            wires.append(ProbeWire(hosts.address(target), port, deadline_s=deadline_s))
            stack.callback(wires[-1].close)
            with hosts.inside(source):
                for _ in range(WARM_UPS):
                    wires[-1].round_trip_s(N_BYTES, 0)
        pool = stack.enter_context(ThreadPoolExecutor(len(wires)))
        alone, both = [], []
        for _ in range(RUNS):
            alone += [wire.round_trip_s(N_BYTES, 0) for wire in wires]
            both.append(max(pool.map(lambda wire: wire.round_trip_s(N_BYTES, 0), wires)))
    return median(alone), median(both)
