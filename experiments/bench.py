"""Bench: the testbed that workers run on, or this machine with paced links without one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from experiments.testbed import Testbed, open_testbed, skip_reason
from netmodel.cluster import Cluster
from planner import api
from planner.engines.hosts import THIS_MACHINE, Hosts
from planner.engines.processes import RunningPartition
from planner.partition import Partition


@dataclass(frozen=True)
class Bench:
    """Stand-ins for the nodes of one cluster."""

    testbed: Testbed | None
    """None where this machine stands for all nodes, and senders pace themselves."""

    @property
    def hosts(self) -> Hosts:
        """Where workers run."""
        return THIS_MACHINE if self.testbed is None else self.testbed

    def options(self, *, requests: int = 1, warmup_requests: int = 1) -> api.RunOptions:
        """Speeds are always emulated: a stage sleeps for what its node is slower than this one."""
        return api.RunOptions(
            requests=requests,
            warmup_requests=warmup_requests,
            deadline_s=60.0,
            emulate_links=self.testbed is None,
            emulate_speeds=True,
        )

    def set_links(self, cluster: Cluster) -> None:
        """Gives the testbed's links the rates and delays of the cluster's."""
        if self.testbed is not None:
            self.testbed.set_links(cluster)

    def set_caps(self, caps: dict[str, int]) -> None:
        """Gives nodes memory limits, in bytes, for the workers that start from now on."""
        for node, n_bytes in caps.items():
            if self.testbed is not None:
                self.testbed.set_memory(node, n_bytes)

    @contextmanager
    def start(self, partition: Partition) -> Iterator[RunningPartition]:
        """The partition's workers."""
        with api.start(partition, self.options(), hosts=self.hosts) as running:
            yield running


@contextmanager
def open_bench(cluster: Cluster, *, on_testbed: bool) -> Iterator[Bench]:
    """A bench for the nodes and links of a cluster."""
    if not on_testbed:
        yield Bench(None)
        return
    with open_testbed(cluster) as testbed:
        yield Bench(testbed)


def choose_testbed(*, required: bool, words: Sequence[str] = ()) -> bool:
    """Whether to run on the testbed; says so where it cannot be built.

    Args:
        required: whether a run without it would be worth nothing.
        words: what to add to the refusal.

    Raises:
        SystemExit: it is required and cannot be built.
    """
    reason = skip_reason()
    if reason is None:
        return True
    if required:
        raise SystemExit(" ".join(("the testbed cannot be built:", reason, *words)))
    print(f"no testbed here ({reason}): links are paced on this machine instead", flush=True)
    return False
