"""The memory that a real worker takes which holds some blocks of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from planner.engines.hosts import THIS_MACHINE
from planner.engines.ring import open_ring
from planner.runtime.job import Job
from profiler.carve import Carving
from profiler.liveness import crossing_tensors

REQUESTS = 4


def worker_peak_bytes(path: Path, part: Carving, backend: str) -> int:
    """Peak of a worker that answers a few requests of zeros from a stage file."""
    graph = part.captured.graph
    crossing = crossing_tensors(graph)
    job = Job(
        stage=0,
        node="node",
        file=str(path),
        backend=backend,
        threads=1,
        inputs=part.inputs,
        outputs=part.outputs,
        sends=crossing[part.stop],
    )
    tensors = {
        name: np.zeros(graph.tensor[name].shape, dtype=graph.tensor[name].dtype)
        for name in crossing[part.start]
    }
    ends = ("node", "node")
    with open_ring([job], ends, hosts=THIS_MACHINE, startup_deadline_s=600.0) as ring:
        for _ in range(REQUESTS):
            ring.request(tensors, deadline_s=600.0)
        (peak,) = ring.peak_bytes(deadline_s=600.0)
    return peak
