"""Sweep: the best plan for every number of parts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable

from pydantic import PositiveInt

from planner.baselines.hand_split import HandSplit
from planner.breakdown import Breakdown
from planner.costs.evaluate import Evaluator
from planner.plan_row import PlanRow, plan_fields
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve


class SweepRow(PlanRow):
    """The best plan with one number of parts, or why there is none."""

    parts: PositiveInt


_HEADER = (
    "parts", "feasible", "latency (s)", "peak memory of a node (bytes)", "moved (bytes)",
    "nodes", "cuts (block boundaries)", "objective", "value", "reason",
)  # fmt: skip


def sweep_parts(
    problem: Problem, solve: Callable[[Problem], Solution] = solve
) -> tuple[SweepRow, ...]:
    """The best plan with exactly 1, 2, … parts, up to one part per node or the limit on stages.

    Peak memory and moved bytes are those of that plan; another plan with as many parts may need
    less of them.

    Args:
        problem: its limits on the number of stages say where to begin and to end.
        solve: finds the best plan; the one of least latency if not given.
    """
    rows = []
    most = min(problem.limits.max_stages or len(problem.nodes), len(problem.nodes))
    for parts in range(problem.limits.min_stages, most + 1):
        counted = {"min_stages": parts, "max_stages": parts}
        limited = problem.replaced(limits=problem.limits.model_copy(update=counted))
        rows.append(SweepRow(parts=parts, **plan_fields(limited, solve(limited))))
    return tuple(rows)


def priced_hand_split(problem: Problem) -> Breakdown | None:
    """The price of the split by hand, to show beside a sweep; none if nobody would split by hand.

    It may hold no cap and no limit.
    """
    rule = HandSplit()
    if rule.skip_reason(problem) is not None:
        return None
    return Evaluator(problem).evaluate(rule.propose(problem))


def to_csv(rows: Iterable[SweepRow]) -> str:
    """The rows as CSV: units in the header, lists joined by `;`, infeasible rows with a reason."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(_cells(row) for row in rows)
    return text.getvalue()


def _cells(row: SweepRow) -> tuple[object, ...]:
    return (
        row.parts,
        "yes" if row.feasible else "no",
        row.latency_s,
        row.peak_bytes,
        row.moved_bytes,
        ";".join(row.nodes),
        ";".join(map(str, row.cuts)),
        row.objective,
        row.value,
        row.reason,
    )
