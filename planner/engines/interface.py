"""What every engine answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from planner.breakdown import Breakdown
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.manifest import Verification
from planner.partition import Partition
from planner.throughput import Throughput
from profiler.profile_records import ReferenceTimes
from profiler.record import Record

OnRequest = Callable[[int, int], None]
"""Called after every measured request with how many are done, and how many there will be."""


class RunOptions(Record):
    """How to run."""

    requests: PositiveInt = 20
    """Measured requests, one after another."""
    warmup_requests: NonNegativeInt = 3
    """Requests before them that are not counted."""
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 1
    """If more than one: as many requests again, so many under way at any time."""
    deadline_s: PositiveFloat = 60.0
    """For each request, end to end."""
    startup_deadline_s: PositiveFloat = 120.0
    """For all stages to be loaded and connected."""
    emulate_links: bool = False
    """Whether transfers between different nodes take the time of the cluster's links."""
    emulate_speeds: bool = False
    """Whether computation takes as much longer as the node is slower than the reference."""


class RunResult(Record):
    """What a run gave; it exists only if the outputs were right."""

    engine: str
    measurement: Breakdown
    """Of requests one after another, on warm connections."""
    first: Breakdown | None = None
    """Of the first request over fresh connections; none where nothing is connected."""
    throughput: Throughput | None = None
    """Of several requests in flight; none if they were not asked for."""
    check: Verification
    """The outputs of the last request against those of the original model."""
    hosts: str
    """Where the stages ran, and over whose network."""
    emulated_links: bool
    emulated_speeds: bool
    reference: tuple[ReferenceTimes, ReferenceTimes] | None = None
    """Of this machine just before and just after the run; none where an engine is used alone."""


class Engine(Protocol):
    """Runs a partition on its sample input."""

    name: str

    def skip_reason(
        self, partition: Partition, options: RunOptions, hosts: Hosts = THIS_MACHINE
    ) -> str | None:
        """Why the engine cannot run this here, or none."""
        ...

    def run(
        self,
        partition: Partition,
        options: RunOptions,
        *,
        hosts: Hosts = THIS_MACHINE,
        on_request: OnRequest | None = None,
    ) -> RunResult:
        """Runs the partition and checks its outputs.

        Raises:
            PlannerError: the options ask for what the engine cannot do; see `skip_reason`.
            RunError: a stage died, stalled or failed.
            VerificationError: the outputs are not those of the original model.
        """
        ...
