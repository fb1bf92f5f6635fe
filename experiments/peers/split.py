"""Split: parts that a tool put modules in, told at the operators of our captured graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from profiler.graph import ModelGraph, Op
from profiler.record import Record

Unit = tuple[str, int]
"""Dotted path of a module, and the part that one run of it is in.

A function that a module calls is a unit with that module's path.
"""


class SplitError(Exception):
    """A tool makes no split that a chain of stages can run."""


class ToolFailedError(SplitError):
    """A tool ended with an error of its own, which says nothing of the splits that it makes."""


class Split(Record):
    """Where a model is cut, and which node of the list runs each part."""

    positions: tuple[int, ...]
    """Operators before each cut."""
    places: tuple[int, ...]
    """Of the parts' nodes in the order in which the cluster lists them."""


def split_at(graph: ModelGraph, units: Iterable[Unit]) -> Split:
    """The split of a graph whose modules are in the given parts.

    An operator belongs to the nearest module around it that has a part. Where runs of one module
    are in different parts, there must be as many of them as operators. What is in no such module,
    as a function of the model's own forward, stays with the operator before it.

    Args:
        graph: in execution order.
        units: in execution order where a path stands more than once.

    Raises:
        SplitError: a part comes twice, or runs and operators cannot be matched.
    """
    return _split_of(_parts(graph.ops, units))


def _parts(ops: Sequence[Op], units: Iterable[Unit]) -> list[int]:
    runs: defaultdict[str, list[int]] = defaultdict(list)
    for path, part in units:
        runs[path].append(part)
    inside: defaultdict[str, list[int]] = defaultdict(list)
    for place, op in enumerate(ops):
        around = _nearest(op, runs)
        if around is not None:
            inside[around].append(place)
    found: dict[int, int] = {}
    for path, places in inside.items():
        found |= zip(places, _spread(path, runs[path], len(places)), strict=True)
    if not found:
        raise SplitError("no operator is in a module that the tool placed")
    parts, part = [], found[min(found)]
    for place in range(len(ops)):
        part = found.get(place, part)
        parts.append(part)
    return parts


def _nearest(op: Op, runs: dict[str, list[int]]) -> str | None:
    paths = (call.path for call in reversed(op.modules))
    return next((path for path in paths if path in runs), None)


def _spread(path: str, parts: list[int], n_ops: int) -> list[int]:
    """The part of each of a module's operators."""
    if len(set(parts)) == 1:
        return parts[:1] * n_ops
    if len(parts) != n_ops:
        raise SplitError(
            f"{path or 'the model itself'} runs {len(parts)} times for the tool, in several parts, "
            f"and has {n_ops} operators here: they cannot be matched"
        )
    return parts


def _split_of(parts: Sequence[int]) -> Split:
    positions = tuple(at for at, (a, b) in enumerate(pairwise(parts), 1) if a != b)
    places = tuple(parts[at] for at in (0, *positions))
    again = next((part for part in places if places.count(part) > 1), None)
    if again is not None:
        raise SplitError(
            f"part {again} is no range of operators: it is left and entered again, at operators "
            f"{', '.join(map(str, positions))} the part changes"
        )
    return Split(positions=positions, places=places)
