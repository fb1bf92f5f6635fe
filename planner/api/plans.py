"""Planning: the best plan, the front of two objectives, placements, and what else would do.

Solvers are imported by what solves: profiles, stages and runs need none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from netmodel.cluster import Cluster
from planner.api.documents import describe, problem_of
from planner.objectives import Objective
from planner.plan_options import PlanOptions
from planner.problem import Problem, build_problem
from planner.solution import PlanDocument, Solution
from profiler.profile_records import Profile

if TYPE_CHECKING:
    from planner.placement.instance import PlacementInstance
    from planner.placement.placement import PlacementSolution
    from planner.solvers.pareto import ParetoFront

LEAST_QUESTION_S = 0.2
"""That each of many questions gets, also once their time is up."""
_REMEDY_S = 10.0
"""How long more nodes are tried when nothing fits."""


def plan(
    profile: Profile,
    cluster: Cluster,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> PlanDocument:
    """The cut points and placement of least value that fit every node's memory.

    A model that branches is planned over orders of its blocks, unless the options forbid it or
    name a method.
    """
    from planner.solvers.branching.graph_orders import solve_graph
    from planner.solvers.solve import AUTO

    options = options or PlanOptions()
    if not options.reorder or options.method != AUTO:
        problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
        return describe(
            profile,
            cluster,
            problem,
            solve_with(problem, options),
            node_profiles=node_profiles,
            seed=options.seed,
        )
    found = solve_graph(profile, cluster, node_profiles, solve=solve_with, options=options)
    document = describe(
        found.profile,
        cluster,
        found.problem,
        found.solution,
        node_profiles=found.node_profiles,
        seed=options.seed,
    )
    if not found.op_order:
        return document
    note = {"order of blocks": "another than the program's, in which they were measured"}
    return document.model_copy(
        update={"op_order": found.op_order, "provenance": document.provenance | note}
    )


def pareto(
    profile: Profile,
    cluster: Cluster,
    against: Objective,
    *,
    node_profiles: Mapping[str, Profile] | None = None,
    options: PlanOptions | None = None,
) -> ParetoFront:
    """The plans that none beats in both the options' objective and the other one.

    Blocks that branch keep the program's order.

    Raises:
        PlannerError: the two have no front, or the problem is too large for it.
    """
    from planner.solvers.budget import Budget
    from planner.solvers.pareto import pareto as front_of

    options = options or PlanOptions()
    problem = build_problem(profile, cluster, node_profiles, limits=options.limits)
    limit_s = options.time_limit_s
    budget = Budget(inf if limit_s is None else limit_s, options.seed)
    return front_of(problem, options.objective, against, budget)


def remedy(document: PlanDocument, options: PlanOptions) -> str | None:
    """Which further nodes would make an infeasible problem feasible, in words; none if unknown.

    Raises:
        PlannerError: the plan was made by hand, without a problem.
    """
    from planner.remedies import more_nodes
    from planner.solvers.budget import Budget
    from planner.solvers.solve import solve

    limit_s = inf if options.time_limit_s is None else options.time_limit_s
    left_s = max(limit_s - document.solution.runtime_s, 0.0)
    budget = Budget(min(left_s, _REMEDY_S))

    def again(problem: Problem) -> Solution:
        return solve(problem, options.objective, time_limit_s=max(budget.left_s, LEAST_QUESTION_S))

    found = more_nodes(problem_of(document), solve=again, out_of_time=lambda: budget.spent)
    return None if found is None else found.text


def place(instance: PlacementInstance, options: PlanOptions | None = None) -> PlacementSolution:
    """The best placement of an instance's operators; of the options, limits are not used."""
    from planner.placement.solve import solve_placement

    options = options or PlanOptions()
    return solve_placement(
        instance, options.objective, time_limit_s=options.time_limit_s, seed=options.seed
    )


def solve_with(problem: Problem, options: PlanOptions) -> Solution:
    """The answer to a problem by the objective and the search of the options."""
    from planner.solvers.solve import solve

    return solve(
        problem,
        options.objective,
        method=options.method,
        time_limit_s=options.time_limit_s,
        seed=options.seed,
    )
