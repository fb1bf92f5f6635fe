"""What a plan is worth: beside alternatives, under changes, and on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from planner.api.documents import problem_of
from planner.api.plans import LEAST_QUESTION_S
from planner.api.progress import Progress
from planner.plan_options import check_time_limit
from planner.problem import Problem
from planner.saved_run import SavedRun
from planner.solution import PlanDocument, Solution
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from planner.compare import Row
    from planner.explanation import Explanation
    from planner.solvers.budget import Budget

_QUESTIONS_AT_ONCE = 20


def alternatives(document: PlanDocument) -> tuple[Row, ...]:
    """A plan beside what every baseline would choose, priced by one evaluator.

    Raises:
        PlannerError: the plan was made by hand, without a problem.
    """
    from planner.compare import compare as compare_plans

    return compare_plans(problem_of(document), document.solution)


def explain(document: PlanDocument, *, time_limit_s: float = 60.0) -> Explanation:
    """What binds, what a change would gain, and the second best plan, by solving again.

    Args:
        document: a plan that `plan` made.
        time_limit_s: for all questions together; those left over are counted.

    Raises:
        PlannerError: there is no plan, or it was made by hand.
    """
    from planner.explain import explain as explain_plan
    from planner.solvers.budget import Budget
    from planner.solvers.solve import solve

    check_time_limit(time_limit_s)
    budget = Budget(time_limit_s)
    objective = document.solution.objective

    def again(problem: Problem) -> Solution:
        share_s = max(budget.left_s / _QUESTIONS_AT_ONCE, LEAST_QUESTION_S)
        return solve(problem, objective, time_limit_s=share_s)

    return explain_plan(
        problem_of(document), document.solution, solve=again, out_of_time=lambda: budget.spent
    )


def report(
    subject: PlanDocument | SavedRun,
    *,
    profile: Profile | None = None,
    time_limit_s: float = 60.0,
    on_step: Progress = lambda step: None,
) -> str:
    """One self-contained HTML page about a plan, or about a run beside its plan.

    Args:
        subject: a plan, or a run with its plan.
        profile: the reference that was planned with, to draw the model's graph by part.
        time_limit_s: for everything that is solved again; questions left over are counted.
        on_step: told what is being done.

    Raises:
        PlannerError: the plan says of itself what is not its price.
        MismatchError: the plan is not of the profile.
    """
    from planner.compare import compare as compare_plans
    from planner.report.content import ReportContent
    from planner.report.graph_picture import graph_of_plan
    from planner.report.page import report_page
    from planner.solvers.budget import Budget
    from planner.sweep import sweep_parts

    run = subject if isinstance(subject, SavedRun) else None
    document = subject if isinstance(subject, PlanDocument) else subject.document
    if profile is not None and document.solution.plan is not None:
        # Refused now, not after a minute of solving.
        graph_of_plan(profile, document, document.solution.plan)
    if document.problem is None:
        return report_page(ReportContent(document, run=run, profile=profile))
    check_time_limit(time_limit_s)
    budget = Budget(time_limit_s)
    on_step("solving for every number of parts")
    parts = sweep_parts(document.problem, _within(document, budget, time_limit_s / 4))
    if document.solution.plan is None:
        rows = compare_plans(document.problem, document.solution)
        return report_page(
            ReportContent(document, alternatives=rows, parts=parts, run=run, profile=profile)
        )
    on_step("solving again with changes")
    answer = explain(document, time_limit_s=max(budget.left_s, LEAST_QUESTION_S))
    return report_page(ReportContent(document, answer, answer.alternatives, parts, run, profile))


def _within(
    document: PlanDocument, budget: Budget, limit_s: float
) -> Callable[[Problem], Solution]:
    """Solves for the plan's objective, each time within an equal share of a limit."""
    from planner.solvers.solve import solve

    share_s = limit_s / len(document.cluster.nodes)

    def again(problem: Problem) -> Solution:
        left_s = max(min(share_s, budget.left_s), LEAST_QUESTION_S)
        return solve(problem, document.solution.objective, time_limit_s=left_s)

    return again
