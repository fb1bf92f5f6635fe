"""Hosts: where the workers of nodes run, and over which network they meet."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from planner.runtime.connection import LOOPBACK


class Hosts(Protocol):
    """Stand-ins for the nodes of a cluster."""

    description: str
    """Where it is and whose network it uses, in words."""

    def skip_reason(self, nodes: Sequence[str]) -> str | None:
        """Why workers of these nodes cannot be started here, or none."""
        ...

    def address(self, node: str) -> str:
        """Address at which the node's workers listen."""
        ...

    def command(self, node: str, words: Sequence[str]) -> tuple[str, ...]:
        """The command that runs the given command on the node; its process id stays the same."""
        ...

    def inside(self, node: str) -> AbstractContextManager[None]:
        """A context in which this thread's new sockets belong to the node's network."""
        ...

    def oom_kills(self, node: str) -> int:
        """How many processes the kernel has killed for exceeding the node's memory."""
        ...


class ThisMachine:
    """Every node is this machine, over its loopback interface, without any cap on memory."""

    description = "this machine and its loopback"

    def skip_reason(self, nodes: Sequence[str]) -> str | None:
        """None: there is nothing that could be missing."""
        del nodes
        return None

    def address(self, node: str) -> str:
        """The loopback's."""
        del node
        return LOOPBACK

    def command(self, node: str, words: Sequence[str]) -> tuple[str, ...]:
        """The command as it is."""
        del node
        return tuple(words)

    def inside(self, node: str) -> AbstractContextManager[None]:
        """A context that changes nothing."""
        del node
        return nullcontext()

    def oom_kills(self, node: str) -> int:
        """None that would be known."""
        del node
        return 0


THIS_MACHINE = ThisMachine()
