"""Priced plans: the one of least latency, and others' plans priced as it is."""

from __future__ import annotations

from experiments.stages import Cuts
from netmodel.cluster import Cluster
from planner import api
from planner.costs.evaluate import Evaluator
from planner.solution import PlanDocument, Solution, Status
from profiler.profile_records import Profile

_TIME_LIMIT_S = 10.0


def optimal(profile: Profile, cluster: Cluster) -> PlanDocument:
    """The plan of least latency, blocks in the program's order."""
    options = api.PlanOptions(reorder=False, time_limit_s=_TIME_LIMIT_S)
    return api.plan(profile, cluster, options=options)


def by_hand(template: PlanDocument, cuts: Cuts, nodes: tuple[str, ...]) -> PlanDocument:
    """A plan that an experiment chose, priced for the problem of another plan."""
    problem = template.problem
    if problem is None:
        raise ValueError("a plan without its problem")
    plan = problem.plan(cuts, nodes)
    estimate = Evaluator(problem).evaluate(plan)
    chosen = Solution(
        status=Status.FEASIBLE, method="chosen by hand", plan=plan, value=estimate.latency_s
    )
    return template.model_copy(update={"solution": chosen, "estimate": estimate, "tail": None})
