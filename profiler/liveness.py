"""Which tensors cross every position, and how many bytes are live while every operator runs."""

from __future__ import annotations

from itertools import accumulate

from profiler.graph import ModelGraph


def crossing_tensors(graph: ModelGraph) -> list[tuple[str, ...]]:
    """Names of the tensors that a cut at each position has to carry, in order of production.

    Returns N + 1 tuples for N operators. Position 0 holds the model's inputs that are used at all,
    position N its outputs. A tensor that is only passed through counts at every position that it
    passes, once, however many operators read it later.
    """
    n = len(graph.ops)
    born, last = _lifetimes(graph)
    crossing: list[list[str]] = [[] for _ in range(n + 1)]
    for name, birth in born.items():
        for position in range(birth, last.get(name, -1) + 1):
            crossing[position].append(name)
    return [tuple(names) for names in crossing]


def live_bytes(graph: ModelGraph) -> list[int]:
    """Bytes of activations in memory while each operator runs, its inputs and outputs included.

    Memory is counted per storage: a view costs nothing beside what it views, and keeps it alive.
    Parameters and the operator's own workspace are not included.
    """
    n = len(graph.ops)
    born, last = _lifetimes(graph)
    spans: dict[str, tuple[int, int]] = {}
    sizes: dict[str, int] = {}
    for name, birth in born.items():
        spec = graph.tensor[name]
        first = max(birth - 1, 0)  # an output exists while its own operator runs
        final = min(last.get(name, first), n - 1)
        known = spans.get(spec.storage, (first, final))
        spans[spec.storage] = (min(known[0], first), max(known[1], final))
        sizes[spec.storage] = spec.storage_bytes
    change = [0] * (n + 1)
    for storage, (first, final) in spans.items():
        change[first] += sizes[storage]
        change[final + 1] -= sizes[storage]
    return list(accumulate(change))[:n]


def _lifetimes(graph: ModelGraph) -> tuple[dict[str, int], dict[str, int]]:
    """First position at which each tensor exists, and the last at which it is still needed."""
    born = dict.fromkeys(graph.inputs, 0)
    last: dict[str, int] = {}
    for index, op in enumerate(graph.ops):
        for name in op.outputs:
            born[name] = index + 1
        for name in op.inputs:
            last[name] = index
    for name in graph.outputs:
        last[name] = len(graph.ops)
    return born, last
