"""The testbed: nodes and wires of a cluster on this machine, for as long as a context lasts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from experiments.testbed.addresses import MAX_NODES, address_of
from experiments.testbed.cgroups.groups import group_name, make_group, remove_group, sweep
from experiments.testbed.cgroups.interface import NodeGroup
from experiments.testbed.cgroups.mounts import find_mounts
from experiments.testbed.cluster_wires import wires_of
from experiments.testbed.errors import TestbedError
from experiments.testbed.namespaces import inside_namespace, make_namespace
from experiments.testbed.options import TestbedOptions
from experiments.testbed.relay_process import RelayProcess
from experiments.testbed.requirements import skip_reason
from experiments.testbed.stack import configure
from netmodel.cluster import Cluster

_ENTER = """
while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done
shift
exec "$@"
"""
"""Writes its process id to every file before `--`, and becomes the command after it."""


class Testbed:
    """Hosts of their own for the nodes of a cluster: see `planner.engines.hosts.Hosts`.

    Made by `open_testbed`; nothing of it can be used when the context has ended.
    """

    __test__ = False  # pytest would take the name for that of a test

    def __init__(
        self,
        cluster: Cluster,
        namespaces: Sequence[int],
        groups: Sequence[NodeGroup],
        *,
        relay: RelayProcess,
    ) -> None:
        names = [node.name for node in cluster.nodes]
        self.cluster = cluster
        """With the links as they are now, and the caps that its nodes began with."""
        self.description = f"a testbed of {len(names)} network namespaces and memory caps"
        """What it is, in words."""
        self.relay_priority = relay.priority
        """Scheduling of the relay: `SCHED_FIFO` where the machine allows it."""
        self._positions = {name: index for index, name in enumerate(names)}
        self._namespaces = namespaces
        self._groups = groups
        self._relay = relay

    def skip_reason(self, nodes: Sequence[str]) -> str | None:
        """Why workers of these nodes cannot be started here: some are not in the cluster."""
        missing = [name for name in nodes if name not in self._positions]
        if not missing:
            return None
        return f"the testbed has no node {', '.join(missing)}, only {', '.join(self._positions)}"

    def address(self, node: str) -> str:
        """Address of the node in the testbed's network."""
        return address_of(self._position(node))

    def command(self, node: str, words: Sequence[str]) -> tuple[str, ...]:
        """The command that runs the given one on the node.

        The process enters the node's groups and namespace before it becomes the given command, so
        that all memory of it is the node's, and keeps its process id.
        """
        position = self._position(node)
        procs = [str(f / "cgroup.procs") for f in self._groups[position].folders]
        # The namespace has no name: it is this process's descriptor.
        namespace = f"--net=/proc/{os.getpid()}/fd/{self._namespaces[position]}"
        enter = ("sh", "-c", _ENTER, "enter-node", *procs, "--")
        return (*enter, "nsenter", namespace, "--", *words)

    def inside(self, node: str) -> AbstractContextManager[None]:
        """A context in which this thread's new sockets belong to the node's network."""
        return inside_namespace(self._namespaces[self._position(node)])

    def oom_kills(self, node: str) -> int:
        """How many processes the kernel has killed for exceeding the node's memory."""
        return self._groups[self._position(node)].oom_kills()

    def peak_bytes(self, node: str) -> int:
        """Most memory that was charged to the node's processes together.

        Page cache and kernel memory are in it. The kernel takes page cache back before it refuses
        anything, so that the cap may be reached without need. Version 1 counts since the cap was
        last set, version 2 since the testbed was built.
        """
        return self._groups[self._position(node)].peak_bytes()

    def set_memory(self, node: str, n_bytes: int) -> None:
        """Sets the node's cap; best before its processes start.

        Raises:
            TestbedError: the kernel refuses, as when processes hold more than that.
        """
        self._groups[self._position(node)].set_memory(n_bytes)

    def set_links(self, cluster: Cluster) -> None:
        """Replaces all links by those of another cluster with the same nodes; caps stay.

        What is on its way arrives; connections whose link is gone are cut.

        Raises:
            TestbedError: the nodes are others.
        """
        names = [node.name for node in cluster.nodes]
        if names != list(self._positions):
            raise TestbedError(
                f"the testbed was built for the nodes {', '.join(self._positions)}, not for "
                f"{', '.join(names)}: build another one"
            )
        self._relay.set_wires(wires_of(cluster))
        self.cluster = cluster

    def _position(self, node: str) -> int:
        refusal = self.skip_reason([node])
        if refusal is not None:
            raise TestbedError(refusal)
        return self._positions[node]


@contextmanager
def open_testbed(cluster: Cluster, options: TestbedOptions | None = None) -> Iterator[Testbed]:
    """Builds a testbed and removes it again.

    Every node gets the cluster's memory as its cap. Links get the model's bandwidth and latency; an
    overhead is a cost of software, which this machine's own software has.

    Args:
        cluster: its nodes and links.
        options: what else the testbed is like.

    Raises:
        TestbedError: it cannot be built on this machine, or not as described.
    """
    options = options or TestbedOptions()
    refusal = _refusal(cluster, options)
    if refusal is not None:
        raise TestbedError(f"no testbed can be built like this: {refusal}")
    refusal = skip_reason()
    if refusal is not None:
        raise TestbedError(
            f"no testbed can be built here: {refusal}. Without one, links can be emulated "
            "(--emulate-links)"
        )
    with ExitStack() as stack:
        groups = _make_groups(cluster, options, stack)
        namespaces = [_make_namespace(stack) for _ in cluster.nodes]
        relay = stack.enter_context(RelayProcess(namespaces, wires_of(cluster)))
        for index, namespace in enumerate(namespaces):
            configure(namespace, index, options)
        yield Testbed(cluster, namespaces, groups, relay=relay)


def _refusal(cluster: Cluster, options: TestbedOptions) -> str | None:
    if len(cluster.nodes) > MAX_NODES:
        return f"{len(cluster.nodes)} nodes are more than {MAX_NODES}, the most that a relay has"
    for node in cluster.nodes if options.cpu_limits else ():
        if node.speed is None:
            return (
                f"node {node.name!r} has a profile of its own, so that its speed relative to this "
                "machine is not known: leave out CPU limits"
            )
        if node.speed > 1:
            return (
                f"node {node.name!r} is {node.speed:g} times as fast as this machine: leave out "
                "CPU limits"
            )
    return None


def _make_groups(cluster: Cluster, options: TestbedOptions, stack: ExitStack) -> list[NodeGroup]:
    """A group per node, with its cap and quota; the stack removes them."""
    mounts = find_mounts()
    sweep(mounts)
    serial = time.monotonic_ns()
    groups: list[NodeGroup] = []
    for index, node in enumerate(cluster.nodes):
        name = group_name(os.getpid(), serial, index)
        group = make_group(mounts, name, with_cpu=options.cpu_limits)
        stack.callback(remove_group, group.folders)
        group.set_memory(node.memory_bytes)
        if options.cpu_limits and node.speed is not None and node.speed < 1:
            group.set_cpus(node.speed * options.threads)
        groups.append(group)
    return groups


def _make_namespace(stack: ExitStack) -> int:
    """A namespace that the stack lets go."""
    descriptor = make_namespace()
    stack.callback(os.close, descriptor)
    return descriptor
