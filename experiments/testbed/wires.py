"""Wires: what the relay knows of a cluster's links. Plain values, as JSON on its standard input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wire:
    """One direction between two nodes."""

    source: int
    """Position of the sending node."""
    target: int
    bytes_per_s: float
    """Rate at which payload leaves the sender; headers are free."""
    delay_s: float
    """From a byte's leaving to its arrival."""
    medium: str | None = None
    """Wires of one medium carry one packet at a time in all; none has the medium to itself."""
    answers_only: bool = False
    """Whether no connection can be opened in this direction: it only carries what TCP answers."""

    @property
    def ends(self) -> tuple[int, int]:
        """Sender and receiver."""
        return self.source, self.target

    @property
    def medium_key(self) -> object:
        """What the wires of one medium have in common."""
        return self.ends if self.medium is None else self.medium
