"""A Pareto front as CSV."""

from __future__ import annotations

import csv
import io

from planner.objectives import Objective
from planner.solvers.pareto import ParetoFront


def to_csv(front: ParetoFront) -> str:
    """A row per plan: both values with units in the header, nodes and cuts joined by `;`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((_header(front.first), _header(front.second), "nodes", "cuts"))
    for point in front.points:
        nodes = ";".join("+".join(stage.nodes) for stage in point.plan.stages)
        cuts = ";".join(str(stage.start) for stage in point.plan.stages[1:])
        writer.writerow((point.first, point.second, nodes, cuts))
    return text.getvalue()


def _header(objective: Objective) -> str:
    return f"{objective.name} ({objective.unit})" if objective.unit else objective.name
