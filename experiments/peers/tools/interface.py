"""What every live tool answers: how its own code splits a model over the nodes it is given."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from torch import Tensor, nn

from experiments.peers.split import Split
from profiler.graph import ModelGraph


@dataclass(frozen=True)
class Task:
    """A model and what it is to be split over."""

    module: nn.Module
    """In evaluation mode; tools that change it get a copy."""
    sample: Tensor
    """Its one input."""
    graph: ModelGraph
    """The captured model, at whose operators splits are told."""
    cap_bytes: tuple[int, ...]
    """Memory of each node, as the cluster lists them."""
    whole: frozenset[str] = frozenset()
    """Names of the module classes that a user would tell a tool not to split: those that read
    their input twice."""

    @property
    def n_parts(self) -> int:
        """One part per node, since no tool chooses how many."""
        return len(self.cap_bytes)


class Tool(Protocol):
    """A tool that a user would pick instead; its own code makes the choice."""

    @property
    def name(self) -> str:
        """Short name, for tables."""
        ...

    @property
    def note(self) -> str:
        """What it looks at."""
        ...

    @property
    def package(self) -> str:
        """Distribution that its code comes from."""
        ...

    def skip_reason(self) -> str | None:
        """Why it cannot be asked here; none if it can."""
        ...

    def propose(self, task: Task) -> Split:
        """The split that the tool chooses.

        Raises:
            SplitError: it makes none that a chain of stages can run.
        """
        ...


def missing(package: str) -> str | None:
    """Why a distribution is not there, and how to get it; none if it is."""
    try:
        version(package)
    except PackageNotFoundError:
        return f"{package} is not installed: pip install '.[peers]'"
    return None
