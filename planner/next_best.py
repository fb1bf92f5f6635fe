"""The second best plan, found by solving again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from planner.coarsen import coarsened, refined
from planner.costs.value import plan_value
from planner.explanation import NextBest
from planner.objectives import Objective
from planner.plan import Plan
from planner.problem import NodeCosts, Problem
from planner.solution import Solution, Status
from planner.solvers.node_types import node_types

Solve = Callable[[Problem], Solution]


def next_best(
    problem: Problem,
    objective: Objective,
    plan: Plan,
    *,
    solve: Solve,
    out_of_time: Callable[[], bool] = lambda: False,
) -> NextBest | None:
    """The best plan with other cuts or other kinds of nodes than the given one; none without any.

    Every other plan either lacks one of the plan's cuts, or has more stages, or has the same cuts
    with another kind of node for one of its stages. Each of these sets is a problem of its own:
    with the blocks at that cut joined, with more stages asked for, or with the stages as blocks,
    one of which nodes like its own must not run. So the best of their best plans is the second
    best plan.

    Source: Lawler, "A procedure for computing the K best solutions to discrete optimization
    problems", Management Science 18(7), 1972: the set of all other solutions is split into
    problems of the same form.
    """
    found: list[tuple[float, Plan]] = []
    proved = True
    for other in _others(problem, plan):
        if out_of_time():
            proved = False
            break
        solution = solve(other)
        if solution.plan is None:
            proved &= solution.status is Status.INFEASIBLE
            continue
        proved &= solution.status is Status.OPTIMAL
        candidate = refined(problem, solution.plan)
        if candidate.stages != plan.stages:
            found.append((plan_value(problem, objective, candidate), candidate))
    if not found:
        return None
    value, best = min(found, key=lambda pair: pair[0])
    distance = value - plan_value(problem, objective, plan)
    return NextBest(plan=best, value=value, distance=distance, proved=proved)


def _others(problem: Problem, plan: Plan) -> Iterator[Problem]:
    cuts = [stage.start for stage in plan.stages[1:]]
    inner = range(1, problem.n_blocks)
    for cut in cuts:
        yield coarsened(problem, [bound for bound in inner if bound != cut])
    n_stages = len(plan.stages)
    least = max(n_stages + 1, problem.limits.min_stages)
    if n_stages < problem.n_blocks and least <= (problem.limits.max_stages or least):
        yield problem.replaced(limits=problem.limits.model_copy(update={"min_stages": least}))
    stages = coarsened(problem, cuts)
    exact = stages.limits.model_copy(update={"min_stages": n_stages, "max_stages": n_stages})
    kind = {n: group for group in node_types(problem) for n in group}
    for index, stage in enumerate(plan.stages):
        alike = {n for name in stage.nodes for n in kind[problem.node_index[name]]}
        nodes = tuple(
            _without(node, index) if n in alike else node for n, node in enumerate(stages.nodes)
        )
        yield stages.replaced(limits=exact, nodes=nodes)


def _without(node: NodeCosts, block: int) -> NodeCosts:
    """The node as it would be if it could not run a block."""
    return node.model_copy(update={"cannot_run": (*node.cannot_run, block)})
