"""What crosses the borders of blocks."""

from __future__ import annotations

from collections.abc import Sequence

from profiler.graph import ModelGraph
from profiler.liveness import crossing_tensors
from profiler.profile_records import Cut


def cuts_at(graph: ModelGraph, positions: Sequence[int]) -> tuple[Cut, ...]:
    """The tensors that cross each of the given positions, and their bytes."""
    crossing = crossing_tensors(graph)
    return tuple(
        Cut(
            position=position,
            tensors=crossing[position],
            n_bytes=sum(graph.tensor[name].n_bytes for name in crossing[position]),
        )
        for position in positions
    )
