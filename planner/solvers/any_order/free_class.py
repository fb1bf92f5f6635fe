"""The class of plans with nodes in free order, one stage each: what its solvers share."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from planner.costs.compute import has_measured_stages
from planner.costs.evaluate import Evaluator
from planner.limits import Order
from planner.objectives import Objective, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.any_order.relaxed_chain import TypeWalk
from planner.solvers.any_order.type_tables import TypeTables
from planner.solvers.budget import QUICK_S, Budget
from planner.solvers.chain_recurrence import search_chain
from planner.solvers.chain_tables import chain_tables
from planner.solvers.fewest_stages import fewest_stages
from planner.solvers.own_limit import broken_by_all, no_plain_sum_reason, own_limit
from planner.solvers.single_node_chain import best_single_node
from planner.solvers.stage_counts import stage_counts

_PROVED = 1e-9
"""A bound so near to a value, relative to it, is its proof."""


def free_skip_reason(problem: Problem, objective: Objective) -> str | None:
    """Why a problem is not of this class, or its objective no sum; none if it is."""
    if problem.limits.order is not Order.FREE:
        return "it visits nodes in any order"
    if (reason := no_plain_sum_reason(problem, objective)) is not None:
        return reason
    if has_measured_stages(problem):
        return "it adds up blocks, and some stages were measured as a whole"
    return None


class Incumbent:
    """The best plan so far, as the evaluator prices it."""

    def __init__(self, problem: Problem, objective: Objective, tables: TypeTables) -> None:
        self._problem, self._objective, self._tables = problem, objective, tables
        self._evaluator = Evaluator(problem)
        self._counts = stage_counts(problem)
        self.plan: Plan | None = None
        self.walk: TypeWalk | None = None
        self.value = inf

    def offer(self, walk: TypeWalk | None) -> bool:
        """Takes a walk that is a plan of the class and better; returns whether it did.

        Limits on the plan's value are not looked at.
        """
        if walk is None or not self._tables.is_possible(walk.types):
            return False
        if len(walk.types) not in self._counts:
            return False
        chain = self._tables.chain(walk.cuts, walk.types)
        names = tuple(self._problem.nodes[n].name for n in chain.nodes)
        plan = self._problem.plan(chain.cuts, names)
        estimate = self._evaluator.evaluate(plan)
        value = self._objective.value(estimate)
        if value < self.value and estimate.fits:
            self.plan, self.walk, self.value = plan, walk, value
            return True
        return False


def listed_plan(problem: Problem, objective: Objective) -> Plan | None:
    """A plan in the nodes' listed order, or else on one node, if its stages are allowed.

    The best one, unless that takes more than `QUICK_S`: then of the first nodes.
    """
    tables, counts = chain_tables(problem, objective), stage_counts(problem)
    quick = (search_chain(tables, Budget(QUICK_S)).chains[0], best_single_node(tables))
    chain = next((one for one in quick if one is not None and len(one.nodes) in counts), None)
    if chain is None:
        return None
    return problem.plan(chain.cuts, tuple(problem.nodes[n].name for n in chain.nodes))


def listed_walk(problem: Problem, objective: Objective, tables: TypeTables) -> TypeWalk | None:
    """A chain of nodes in their listed order, with any number of stages; as `listed_plan`."""
    chain = search_chain(chain_tables(problem, objective), Budget(QUICK_S)).chains[0]
    if chain is None:
        return None
    type_of = {node: t for t, nodes in enumerate(tables.members) for node in nodes}
    return TypeWalk(chain.cuts, tuple(type_of[node] for node in chain.nodes))


def free_answer(
    problem: Problem, objective: Objective, method: str,
    *, plan: Plan | None, bound: float, reason: Callable[[], str],
) -> Solution:  # fmt: skip
    """Words what a search of the class has found.

    Args:
        problem: what it answers.
        objective: what it was judged by.
        method: the solver, and what proved its answer.
        plan: the best one, whatever the limit on the objective's own value.
        bound: no plan is below it; infinite if there is none at all.
        reason: why there is none, or why the proof is missing.
    """
    if plan is None:
        if bound == inf:
            return infeasible(objective, method, reason())
        return unanswered(objective, method, reason(), lower_bound=max(bound, 0.0))
    estimate = Evaluator(problem).evaluate(plan)
    if (broken := broken_limit(problem.limits, estimate)) is None:
        value = objective.value(estimate)
        why = "" if bound >= value * (1 - _PROVED) else reason()
        return answer(problem, objective, method, plan=plan, lower_bound=bound, reason=why)
    limit = own_limit(problem.limits, objective)
    if limit is not None and bound > limit:
        is_best = bound >= objective.value(estimate) * (1 - _PROVED)
        why = f"the best plan breaks a limit: {broken}"
        why = why if is_best else broken_by_all(limit, bound, objective)
        return infeasible(objective, method, why)
    why = f"the best plan found breaks a limit: {broken}"
    return unanswered(objective, method, why, lower_bound=max(bound, 0.0))


def fewest_nodes(
    problem: Problem, objective: Objective, solve: Callable[[Problem], Solution], *, budget: Budget
) -> Solution:
    """The plan of fewest nodes and, among those, of least latency.

    Args:
        problem: its limit on the most stages is lowered.
        objective: the number of nodes.
        solve: the best plan by latency of the problem that it is given; quick without any time.
        budget: when it is spent, any plan will do.
    """
    counts = stage_counts(problem)
    proved = max(counts.least, fewest_stages(problem))
    most = min(proved, counts.most)
    while True:
        limits = problem.limits.model_copy(update={"max_stages": most})
        found = solve(problem.model_copy(update={"limits": limits}))
        if found.plan is not None:
            return _fewest_found(problem, objective, found, proved)
        if found.status is Status.INFEASIBLE and proved == most:
            proved = most + 1
        if most == counts.most:
            break
        most = counts.most if budget.spent else most + 1
    if proved > counts.most or found.status is Status.INFEASIBLE:
        return infeasible(objective, found.method, found.reason)
    return unanswered(objective, found.method, found.reason, lower_bound=float(proved))


def _fewest_found(problem: Problem, objective: Objective, found: Solution, proved: int) -> Solution:
    """The answer with a plan of another objective, where fewer nodes than proved are too few."""
    assert found.plan is not None
    gap = found.gap or 0.0
    n_nodes = len({stage.node for stage in found.plan.stages})
    return answer(
        problem, objective, found.method + (f", latency within {gap:.2%}" if gap else ""),
        plan=found.plan, lower_bound=float(proved),
        reason=f"whether {n_nodes - 1} nodes are enough is open",
    )  # fmt: skip
