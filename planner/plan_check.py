"""Plan check: whether a plan file says of its plan what follows from the problem beside it.

Files are read by people and programs, who may change a number and forget the others. What the page
or a trace calls predicted is what the evaluator makes of the problem, or the file is refused. A
simulated tail is taken as it is: other versions of numpy draw other numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose

from netmodel.cluster import Cluster
from planner.costs.evaluate import evaluate
from planner.errors import MismatchError
from planner.problem import Problem
from planner.solution import PlanDocument

_ROUNDING, _NOTHING = 1e-9, 1e-15
"""What sums in another order may differ by: relative, and near 0."""
_LISTS = (list, tuple)
_AGAIN = "the file was changed or comes from another version: plan again with `partway plan`"


def check_plan(document: PlanDocument) -> None:
    """Makes sure that estimate and cluster are those of the problem; a plan by hand has none.

    Raises:
        MismatchError: one of them is not; the message names the first number.
    """
    problem, plan = document.problem, document.solution.plan
    if problem is None:
        return
    _refuse("cluster", _posed(problem), _posed(document.cluster), "the problem has")
    if plan is not None and document.estimate is not None:
        priced = evaluate(problem, plan).model_dump()
        _refuse("estimate", priced, document.estimate.model_dump(), "the plan's price is")


def _refuse(name: str, known: object, said: object, source: str) -> None:
    for place, true, wrong in _differences(name, known, said):
        raise MismatchError(f"{place} is {wrong}, but {source} {true}: {_AGAIN}")


def _differences(place: str, known: object, said: object) -> Iterator[tuple[str, object, object]]:
    """Every number or name that is not as it should be: its place, the true one and the other."""
    if isinstance(known, Mapping) and isinstance(said, Mapping) and known.keys() == said.keys():
        for key in known:
            yield from _differences(f"{place}.{key}", known[key], said[key])
    elif isinstance(known, _LISTS) and isinstance(said, _LISTS):
        if len(known) != len(said):
            yield f"number of {place}", len(known), len(said)
            return
        for index, (true, other) in enumerate(zip(known, said, strict=True)):
            yield from _differences(f"{place}.{index}", true, other)
    elif not _equal(known, said):
        yield place, known, said


def _equal(known: object, said: object) -> bool:
    if isinstance(known, float) and isinstance(said, float):
        return isclose(known, said, rel_tol=_ROUNDING, abs_tol=_NOTHING)
    return known == said


def _posed(machines: Problem | Cluster) -> dict[str, object]:
    """What a problem and its cluster both say; a node with its own profile is as quick as that."""
    return {
        "source": machines.source,
        "sink": machines.sink,
        "nodes": [
            {
                "name": node.name,
                "memory_bytes": node.memory_bytes,
                "speed": 1.0 if node.speed is None else node.speed,
                "price_per_s": node.price_per_s,
            }
            for node in machines.nodes
        ],
        "links": [link.model_dump() for link in machines.links],
    }
