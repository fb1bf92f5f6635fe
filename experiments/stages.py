"""Stages: where a plan cuts the model and on which nodes, and the stage files of several plans."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from planner import api
from planner.errors import PlannerError
from planner.partition import Partition
from planner.plan import Plan
from planner.solution import PlanDocument

if TYPE_CHECKING:
    from profiler.capture import CapturedModel

Cuts = tuple[int, ...]
"""Boundaries between blocks where the model is cut."""
Stages = tuple[Cuts, tuple[str, ...]]
"""Cuts and nodes; plans that share them share workers."""


def stages_of(planned: PlanDocument | Plan) -> Stages:
    """Cuts and nodes of a plan.

    Raises:
        PlannerError: there is no plan.
    """
    plan = planned if isinstance(planned, Plan) else planned.solution.plan
    if plan is None:
        raise PlannerError(f"{planned.model}: no plan was found")
    cuts = tuple(stage.start for stage in plan.stages[1:])
    return cuts, tuple(stage.node for stage in plan.stages)


def stage_words(stages: Stages) -> tuple[str, str]:
    """Cuts and nodes as rows tell them."""
    cuts, nodes = stages
    return " ".join(map(str, cuts)) or "none", " ".join(nodes)


def emit_once(
    documents: Iterable[PlanDocument], captured: CapturedModel, folder: Path
) -> dict[Cuts, Partition]:
    """Stage files for every way in which the plans cut the model, from one export."""
    first: dict[Cuts, PlanDocument] = {}
    for document in documents:
        first.setdefault(stages_of(document)[0], document)
    targets = [(document, folder / str(number)) for number, document in enumerate(first.values())]
    return dict(zip(first, api.emit_all(targets, captured), strict=True))
