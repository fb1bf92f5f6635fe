"""Is there any plan at all, for nodes in free order that are too many to count their uses?"""

from __future__ import annotations

from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.period.least_period import ANY_PERIOD_S, named_plan
from planner.solvers.period.period_walks import PeriodWalks, Verdict, WalkEffort
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import FreeUsage
from planner.solvers.stage_counts import stage_counts

_EFFORT = WalkEffort(rounds=60, width=400, most_work=400_000)
_TABLE_CELLS = 10_000_000
"""Boundaries times pairs of teams, above which there are no walks."""
_SET_UP_S = 1e-7
"""Seconds per such cell before a walk can look at the clock."""


def has_walks(problem: Problem, usage: FreeUsage, budget: Budget) -> bool:
    """Whether walks of so large a problem fit the memory and the time."""
    cells = (problem.n_blocks + 1) * len(usage.teams) ** 2
    return cells <= _TABLE_CELLS and cells * _SET_UP_S < budget.left_s


def any_plan(problem: Problem, effort: WalkEffort, budget: Budget) -> tuple[Verdict, Plan | None]:
    """Some plan, or the proof that caps and links allow none; neither if it stays open.

    With one node a stage: a plan with several has one with the first of them alone.
    """
    alone = problem.replaced(limits=problem.limits.model_copy(update={"max_replicas": 1}))
    if stage_counts(alone).impossible_reason(alone) is not None:
        return Verdict(is_impossible=True), None
    usage = FreeUsage(alone)
    if not has_walks(alone, usage, budget):
        return Verdict(is_impossible=False), None
    walks = PeriodWalks(TeamTables(alone, usage.groups), usage)
    found = walks.judge(ANY_PERIOD_S, effort, budget)
    plan = None if found.path is None else named_plan(alone, usage, found.path)
    return found, plan


def is_without_plan(problem: Problem, budget: Budget) -> bool:
    """Whether it is proved that no plan in free order, one stage a node, fits caps and links."""
    return any_plan(problem, _EFFORT, budget)[0].is_impossible
