"""Breakdown: where the time of one request goes, predicted or measured, in one shape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from math import fsum, lcm
from typing import Literal, NamedTuple

from pydantic import ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from profiler.profile_records import Timing
from profiler.record import Record


class Origin(StrEnum):
    """How a breakdown came about."""

    PREDICTED = "predicted"
    MEASURED = "measured"


class StageTerm(Record):
    """One stage on its node."""

    node: str
    replicas: tuple[str, ...] = ()
    """More nodes that run it, in turn; the numbers below are those of the worst of all."""
    start: NonNegativeInt
    stop: NonNegativeInt
    compute_s: NonNegativeFloat
    """From the first operator's start to the last one's end; a median if measured."""
    busy_s: NonNegativeFloat | None = None
    """The same of a process that is never idle, on the node where it is most; none if measured."""
    peak_bytes: NonNegativeInt
    """Most anonymous memory of the process that runs it; 0 if it was not measured."""
    cap_bytes: NonNegativeInt
    """What the node allows."""
    price: NonNegativeFloat = 0.0
    """Of the compute time, by the node's price per second; the mean over replicas."""
    mean_s: NonNegativeFloat | None = None
    """Mean of the compute time over all requests; none where it is not known to vary."""
    variance_s2: NonNegativeFloat = 0.0
    """Its share of the variance over all requests, in seconds squared."""

    @property
    def steady_s(self) -> float:
        """Compute time of a request among others that follow without gaps."""
        return self.compute_s if self.busy_s is None else self.busy_s

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes that run it."""
        return (self.node, *self.replicas)


class HopTerm(Record):
    """One transfer; nothing is sent if both ends are one node."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    source: str
    target: str
    n_bytes: NonNegativeInt
    transfer_s: NonNegativeFloat
    """From the end of the sender's computation to the start of the receiver's, so with packing and
    unpacking the message; infinite without a link."""
    busy_s: NonNegativeFloat = 0.0
    """Time for which it keeps the link from the next message; 0 if it was measured."""
    cold_s: NonNegativeFloat | None = None
    """As `transfer_s`, but on a fresh connection or one that was idle for long; none if the link
    does not know it."""
    media: tuple[str | None, ...] = ()
    """Shared medium of each pair of nodes that requests take in turn, none for a wire of its own;
    empty if all pairs have one of their own."""
    price: NonNegativeFloat = 0.0
    """Of the bytes, by the link's price per byte; the mean over the pairs of replicas."""
    mean_s: NonNegativeFloat | None = None
    """Mean of the transfer time over all requests; none where it is not known to vary."""
    variance_s2: NonNegativeFloat = 0.0
    """Variance of the transfer time over all requests, in seconds squared."""


class _Medium(NamedTuple):
    """What several links share; its name may be a node's, too."""

    name: str


def in_turn(senders: Sequence[str], receivers: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of nodes that requests take, dealt out to both sides in turn; each as often."""
    turns = range(lcm(len(senders), len(receivers)))
    return [(senders[t % len(senders)], receivers[t % len(receivers)]) for t in turns]


class Breakdown(Record):
    """The terms of one request's end-to-end latency, in the order in which they happen.

    There is one more hop than stages: into the first, between them, and out of the last.
    """

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    schema_: Literal["partway.breakdown/1"] = Field(alias="schema", default="partway.breakdown/1")
    origin: Origin
    stages: tuple[StageTerm, ...]
    hops: tuple[HopTerm, ...]
    latency_s: NonNegativeFloat
    """End to end, source to sink; a median if measured."""
    requests: Timing | None = None
    """Spread of the measured end-to-end latency."""

    @property
    def missing_bytes(self) -> dict[str, int]:
        """Nodes whose stages together exceed the cap, and by how much."""
        used: defaultdict[str, int] = defaultdict(int)
        caps: dict[str, int] = {}
        for stage in self.stages:
            for node in stage.nodes:
                used[node] += stage.peak_bytes
                caps[node] = stage.cap_bytes
        return {node: used[node] - cap for node, cap in caps.items() if used[node] > cap}

    @property
    def fits(self) -> bool:
        """Whether every node stays within its cap with all its stages."""
        return not self.missing_bytes

    @property
    def period_s(self) -> float:
        """Seconds between two requests in steady state: the load of the busiest node or link.

        Requests follow each other without gaps, every node computes one at a time, and every
        direction of a link carries one message at a time, or all links of a shared medium one
        together; the delay on the wire delays requests but not their rate, and nobody is idle for
        long enough to start anew. A stage on r nodes loads each with 1/r of the requests. Dealt out
        in turn from r to s nodes, requests use lcm(r, s) pairs of nodes equally often.

        Source: Narayanan et al., "PipeDream", SOSP 2019, section 3.1 (the slowest stage or
        transfer bounds the rate; a stage on m workers takes 1/m of its time).
        """
        return max(self._loads().values())

    @property
    def busiest(self) -> str:
        """What bounds the period: `box-a`, `the link box-a → box-b` or `the medium wifi`."""
        loads = self._loads()
        carrier = max(loads, key=loads.__getitem__)
        if isinstance(carrier, _Medium):
            return f"the medium {carrier.name}"
        return carrier if isinstance(carrier, str) else f"the link {' → '.join(carrier)}"

    def _loads(self) -> dict[str | tuple[str, str] | _Medium, float]:
        """Seconds for which every node, direction of a link and medium is busy per request."""
        loads: defaultdict[str | tuple[str, str] | _Medium, list[float]] = defaultdict(list)
        for stage in self.stages:
            for node in stage.nodes:
                loads[node].append(stage.steady_s / len(stage.nodes))
        for hop, pairs in zip(self.hops, self.pairs(), strict=True):
            for pair, medium in zip(pairs, hop.media or (None,) * len(pairs), strict=True):
                if pair[0] != pair[1]:
                    carrier = pair if medium is None else _Medium(medium)
                    loads[carrier].append(hop.busy_s / len(pairs))
        return {carrier: fsum(load) for carrier, load in loads.items()}

    def period_of_s(self, in_flight: int) -> float:
        """Seconds between two answers in steady state, if so many requests are under way.

        `max(period, latency / in_flight)`: too few requests leave even the busiest part idle. No
        arrangement is quicker, and equal requests that never vary reach it.

        Source: Denning and Buzen, "The operational analysis of queueing network models", ACM
        Computing Surveys 10(3), 1978, section "Bottleneck analysis" (asymptotic bounds).
        """
        return max(self.period_s, self.latency_s / in_flight)

    def pairs(self) -> Iterator[list[tuple[str, str]]]:
        """For each hop, the pairs of nodes that requests take in turn."""
        ends = ((self.hops[0].source,), *(s.nodes for s in self.stages), (self.hops[-1].target,))
        for senders, receivers in pairwise(ends):
            yield in_turn(senders, receivers)

    def makespan_s(self, micro_batches: int) -> float:
        """Seconds from the first micro-batch's start to the last one's end: fill and drain.

        `latency + (micro_batches - 1) · period`. Exact for equal micro-batches when every node
        holds one stage; with replicas it is at most so much. It does not hold for a node with
        several stages, which would have to choose whom to serve first.

        Source: Huang et al., "GPipe", NeurIPS 2019, section 2.2 (bubble of a pipeline).
        """
        return self.latency_s + (micro_batches - 1) * self.period_s

    @property
    def price(self) -> float:
        """Money per request: compute seconds and bytes on wires, by the cluster file's prices."""
        return fsum([stage.price for stage in self.stages] + [hop.price for hop in self.hops])

    @property
    def mean_s(self) -> float:
        """Mean latency over all requests; terms that are not known to vary count as they are."""
        stages = [s.compute_s if s.mean_s is None else s.mean_s for s in self.stages]
        hops = [h.transfer_s if h.mean_s is None else h.mean_s for h in self.hops]
        return fsum(stages + hops)

    @property
    def variance_s2(self) -> float:
        """Sum of all terms' variances: the latency's, if stages and hops vary independently."""
        stages = [stage.variance_s2 for stage in self.stages]
        return fsum(stages + [hop.variance_s2 for hop in self.hops])

    @property
    def n_nodes(self) -> int:
        """Number of nodes that run a stage."""
        return len({node for stage in self.stages for node in stage.nodes})

    @property
    def moved_bytes(self) -> int:
        """Bytes that cross a wire."""
        return sum(hop.n_bytes for hop in self.hops if hop.source != hop.target)

    @property
    def peak_bytes(self) -> int:
        """Highest memory of any node, with all its stages."""
        used: defaultdict[str, int] = defaultdict(int)
        for stage in self.stages:
            for node in stage.nodes:
                used[node] += stage.peak_bytes
        return max(used.values())
