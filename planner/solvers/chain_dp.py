"""The exact solver for nodes in their listed order."""

from __future__ import annotations

from planner.costs.evaluate import evaluate
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.answers import answer, infeasible
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain, best_chain, best_chain_per_count
from planner.solvers.chain_tables import chain_tables
from planner.solvers.own_limit import no_plain_sum_reason
from planner.solvers.shortfall import infeasible_reason
from planner.solvers.stage_counts import stage_counts


class ChainDp:
    """Dynamic programming over nodes and boundaries; optimal for its class of plans.

    A plan of the class visits nodes in their listed order, skips any, and gives each at most one
    contiguous stage. Running time is O(N² B + N B log B) for N nodes and B blocks, times the
    number of stages when that is limited. The same problem always gets the same plan: among equal
    values, as computed, the one with the fewest stages.
    """

    name = "chain-dp"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for ordered nodes and a sum as objective."""
        if problem.limits.order is not Order.LISTED and len(problem.nodes) > 1:
            return "it visits nodes in their listed order only"
        return no_plain_sum_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class; it needs no budget."""
        method = f"{self.name} ({problem.limits.describe()})"
        counts = stage_counts(problem)
        plan = _best_plan(problem, objective)
        if plan is None:
            return infeasible(objective, method, infeasible_reason(problem, counts))
        if (broken := broken_limit(problem.limits, evaluate(problem, plan))) is not None:
            return infeasible(objective, method, f"the best plan breaks a limit: {broken}")
        return answer(problem, objective, method, plan=plan)


def _best_plan(problem: Problem, objective: Objective) -> Plan | None:
    counts = stage_counts(problem)
    fewest = objective.kind is ObjectiveKind.NODES
    tables = chain_tables(problem, LATENCY if fewest else objective)
    if counts.is_unlimited(problem) and not fewest:
        chains = [best_chain(tables)]
    else:
        chains = best_chain_per_count(tables, counts.most)[counts.least - 1 :]
    plans = [_plan(problem, chain) for chain in chains if chain is not None]
    if fewest:
        return plans[0] if plans else None
    return min(plans, key=lambda plan: objective.value(evaluate(problem, plan)), default=None)


def _plan(problem: Problem, chain: Chain) -> Plan:
    return problem.plan(chain.cuts, tuple(problem.nodes[n].name for n in chain.nodes))
