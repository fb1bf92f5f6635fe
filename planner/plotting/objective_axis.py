"""The axis of an objective: what it is called, and in which unit its values are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from planner.objectives import Objective, ObjectiveKind

_MS = 1e3


@dataclass(frozen=True)
class ObjectiveAxis:
    """How values of one objective are shown."""

    label: str
    """With the unit in brackets."""
    unit: str
    """Of the axis; empty for numbers of nodes and money."""
    factor: float
    """From the objective's own unit to that of the axis."""

    def words(self, value: float) -> str:
        """A value of the axis with its unit."""
        return f"{value:.4g} {self.unit}".rstrip()


def axis_of(objective: Objective) -> ObjectiveAxis:
    """Times are in milliseconds; a mean-variance, which mixes s with s², stays as it is."""
    name = objective.name[0].upper() + objective.name[1:]
    kind = objective.kind
    if kind is ObjectiveKind.NODES:
        return ObjectiveAxis("Number of nodes", "", 1.0)
    if kind is ObjectiveKind.PRICE:
        return ObjectiveAxis("Price of a request (currency of the cluster file)", "", 1.0)
    if kind is ObjectiveKind.MEAN_VARIANCE:
        return ObjectiveAxis(f"{name} (s)", "s", 1.0)
    if kind is ObjectiveKind.THROUGHPUT:
        name = "Time between two answers"
    return ObjectiveAxis(f"{name} (ms)", "ms", _MS)
