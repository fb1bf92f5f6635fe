"""Plan graph: the boxes and arrows that show a plan, in any language for graphs.

A box is a stage, or where requests start or end; a group is the node, or the nodes in turn, that
its boxes are on; an arrow is a hop. Texts are as in the records: each language escapes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from netmodel.units import format_duration, format_size
from planner.breakdown import Breakdown, in_turn
from planner.errors import MismatchError
from planner.plan import Plan, Stage
from planner.solution import PlanDocument
from planner.wording import blocks_text, first_few

_MOST_TENSORS = 2


@dataclass(frozen=True)
class Box:
    """A stage, or an end of the requests' way."""

    key: str
    """Short, of letters and digits, and unique in the graph."""
    lines: tuple[str, ...]
    is_stage: bool = True


@dataclass(frozen=True)
class Group:
    """What is on one node, or on equal nodes in turn."""

    label: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Arrow:
    """What travels between two boxes."""

    tail: str
    head: str
    lines: tuple[str, ...]
    crosses_wire: bool


@dataclass(frozen=True)
class PlanGraph:
    """All of a plan that is shown."""

    title: str
    groups: tuple[Group, ...]
    """In the order in which a request first visits them."""
    arrows: tuple[Arrow, ...]
    """In the order in which a request takes them."""


def plan_graph(document: PlanDocument) -> PlanGraph:
    """The graph of a plan, with its predicted times, sizes and memory if it has a price.

    Raises:
        MismatchError: the document has no plan.
    """
    plan = document.solution.plan
    if plan is None:
        raise MismatchError(f"the plan file holds no plan: {document.solution.reason}")
    return PlanGraph(
        title=f"{document.model}, {document.backend}{_latency(document.estimate)}",
        groups=_groups(document, plan),
        arrows=tuple(_arrows(document, plan)),
    )


def _latency(estimate: Breakdown | None) -> str:
    if estimate is None:
        return ""
    return f", predicted latency {_duration(estimate.latency_s)}"


def _groups(document: PlanDocument, plan: Plan) -> tuple[Group, ...]:
    cluster = document.cluster
    caps = {node.name: node.memory_bytes for node in cluster.nodes}
    on: dict[tuple[str, ...], list[Box]] = {}
    on[(cluster.source,)] = [Box("source", ("input",), is_stage=False)]
    for index, stage in enumerate(plan.stages):
        on.setdefault(stage.nodes, []).append(_stage_box(document, index, stage))
    on.setdefault((cluster.sink,), []).append(Box("sink", ("output",), is_stage=False))
    return tuple(
        Group(
            " in turn with ".join(f"{n}, cap {format_size(caps[n])}" for n in nodes), tuple(boxes)
        )
        for nodes, boxes in on.items()
    )


def _stage_box(document: PlanDocument, index: int, stage: Stage) -> Box:
    lines: tuple[str, ...] = (f"stage {index}", blocks_text(stage, document.block_names))
    if document.estimate is not None:
        term = document.estimate.stages[index]
        lines += (f"{_duration(term.compute_s)}, {format_size(term.peak_bytes)}",)
    return Box(f"stage{index}", lines)


def _arrows(document: PlanDocument, plan: Plan) -> Iterator[Arrow]:
    cluster, stages = document.cluster, plan.stages
    keys = ["source", *(f"stage{index}" for index in range(len(stages))), "sink"]
    nodes = [(cluster.source,), *(stage.nodes for stage in stages), (cluster.sink,)]
    for index, tensors in enumerate(plan.hops):
        crosses = any(a != b for a, b in in_turn(nodes[index], nodes[index + 1]))
        lines: tuple[str, ...] = (first_few(tensors, _MOST_TENSORS),)
        if document.estimate is not None:
            hop = document.estimate.hops[index]
            size = format_size(hop.n_bytes)
            lines += (f"{size}, {_duration(hop.transfer_s)}" if crosses else size,)
        yield Arrow(keys[index], keys[index + 1], lines, crosses_wire=crosses)


def _duration(seconds: float) -> str:
    return format_duration(seconds) if isfinite(seconds) else "no link"
