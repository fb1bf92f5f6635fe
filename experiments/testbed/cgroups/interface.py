"""What the control group of a node answers, in either version."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class NodeGroup(Protocol):
    """The control group of one node."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Its folders; a process belongs to it once it has written its id to `cgroup.procs` of all.

        They are there as soon as they are made.
        """
        ...

    def set_memory(self, n_bytes: int) -> None:
        """Caps the memory of all its processes together, without swap.

        Raises:
            TestbedError: the kernel refuses, as when processes hold more than that.
        """
        ...

    def set_cpus(self, cpus: float) -> None:
        """Gives its processes so many processors together.

        Raises:
            TestbedError: there is no cpu controller, or the kernel refuses.
        """
        ...

    def peak_bytes(self) -> int:
        """Most memory that was charged, page cache included.

        Raises:
            TestbedError: the kernel does not keep it.
        """
        ...

    def oom_kills(self) -> int:
        """How many processes the kernel has killed for exceeding the cap."""
        ...
