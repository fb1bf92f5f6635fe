"""Visits: one plan's workers, measured over several link settings without starting them again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from experiments.bench import Bench
from experiments.stages import Stages, stages_of
from netmodel.cluster import Cluster
from planner.engines.interface import RunResult
from planner.engines.processes import RunningPartition
from planner.errors import OutOfMemoryError, PlannerError
from planner.partition import Partition
from planner.solution import PlanDocument
from profiler.reference import time_reference

_LEAST, _MOST, _ENOUGH_S = 5, 15, 1.0
"""Requests per visit: as many as take a second, within these limits."""
_FEW_WARM_UPS, _MANY_WARM_UPS, _SLOW_S = 1, 3, 0.3
"""Slow requests are those that are mostly transfer, which needs no warming beside the window's."""
_VERY_SLOW_S, _FEWEST = 1.5, 3
"""Requests that take so long vary little: what disturbs them is short beside them."""

KILLED = OutOfMemoryError.__name__
"""What a row's result begins with where the kernel killed a worker for its memory."""


@dataclass(frozen=True)
class Visit:
    """A measurement that is wanted."""

    document: PlanDocument
    """The plan, priced for the links as they were fitted."""
    links: Cluster
    """The links as they are set for it."""

    @property
    def stages(self) -> Stages:
        """Cuts and nodes of the plan."""
        return stages_of(self.document)


def measure(
    bench: Bench, partition: Partition, visits: Sequence[Visit]
) -> Iterator[tuple[Visit, RunResult | PlannerError]]:
    """Measures a partition under every visit's links, in order; what failed stands for a result.

    On the testbed the workers stay while links change. Where senders pace themselves, and after
    a failure, they are started again.

    Args:
        bench: where workers run.
        partition: any one with the stages of all the visits' plans.
        visits: plans with the same stages on the same nodes.
    """
    with ExitStack() as stack:
        running: RunningPartition | None = None
        for visit in visits:
            before = time_reference()
            try:
                bench.set_links(visit.links)
                if running is None or bench.testbed is None:
                    stack.close()
                    placed = partition.placed(visit.document)
                    running = stack.enter_context(bench.start(placed))
                found = _measured(bench, running, visit)
                yield visit, found.model_copy(update={"reference": (before, time_reference())})
            except PlannerError as error:
                stack.close()
                running = None
                yield visit, error


def requests_of(predicted_s: float) -> tuple[int, int]:
    """How many requests a visit measures, and how many before them it does not.

    Args:
        predicted_s: latency of one of them; 0 if it is not known.
    """
    wanted = _MOST if predicted_s == 0 else math.ceil(_ENOUGH_S / predicted_s)
    least = _FEWEST if predicted_s > _VERY_SLOW_S else _LEAST
    return min(max(wanted, least), _MOST), (
        _FEW_WARM_UPS if predicted_s > _SLOW_S else _MANY_WARM_UPS
    )


def _measured(bench: Bench, running: RunningPartition, visit: Visit) -> RunResult:
    estimate = visit.document.estimate
    requests, warm_ups = requests_of(0.0 if estimate is None else estimate.latency_s)
    return running.measure(bench.options(requests=requests, warmup_requests=warm_ups))
