"""The exact solver for nodes in their listed order."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from planner.costs.evaluate import Evaluator
from planner.limits import Order
from planner.objectives import LATENCY, Objective, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.additive_floor import additive_floor
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.budget import Budget
from planner.solvers.chain_recurrence import Chain, search_chain, search_counts
from planner.solvers.chain_tables import ChainTables, chain_tables
from planner.solvers.fewest_stages import fewest_jumps
from planner.solvers.own_limit import no_plain_sum_reason
from planner.solvers.shortfall import infeasible_reason
from planner.solvers.single_node_chain import best_single_node
from planner.solvers.stage_counts import stage_counts

_BELOW = 1 - 1e-9
"""Sums in another order than the evaluator's may be higher than its by less."""
_LATE = "the time limit was reached"


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
        """The best plan of the class; without enough time, the best so far."""
        method = f"{self.name} ({problem.limits.describe()})"
        counts = stage_counts(problem)
        evaluator = Evaluator(problem)
        found = _search(evaluator, objective, budget or Budget())
        if found.plan is None:
            if found.bound == inf:
                return infeasible(objective, method, infeasible_reason(problem, counts))
            return unanswered(objective, method, _LATE, lower_bound=found.bound)
        if (broken := broken_limit(problem.limits, evaluator.evaluate(found.plan))) is None:
            return answer(
                problem, objective, method, plan=found.plan, lower_bound=found.bound, reason=_LATE
            )
        if found.is_complete:
            return infeasible(objective, method, f"the best plan breaks a limit: {broken}")
        why = f"the best plan found breaks a limit: {broken}"
        return unanswered(objective, method, why, lower_bound=found.bound)


@dataclass(frozen=True)
class _Found:
    """The best plan in the time there was."""

    plan: Plan | None
    bound: float | None
    """No plan of the class is below it; infinite if there is none, none if the plan is best."""

    @property
    def is_complete(self) -> bool:
        """Whether no plan is better."""
        return self.bound is None


def _search(evaluator: Evaluator, objective: Objective, budget: Budget) -> _Found:
    """Any number of stages first: a plan soon, a bound, and the answer if its count is allowed."""
    problem = evaluator.problem
    counts = stage_counts(problem)
    if counts.impossible_reason(problem) is not None:
        return _Found(None, inf)
    fewest = objective.kind is ObjectiveKind.NODES
    tables = chain_tables(problem, LATENCY if fewest else objective)
    relaxed = search_chain(tables, budget.for_first_plan())
    chain = relaxed.chains[0]
    if chain is None and relaxed.is_complete:
        return _Found(None, inf)
    least = additive_floor(problem, LATENCY if fewest else objective)
    if chain is not None and relaxed.is_complete:
        least = max(least, _value(evaluator, objective if not fewest else LATENCY, chain) * _BELOW)
    allowed = [] if chain is None or len(chain.nodes) not in counts else [chain]
    alone = best_single_node(tables) if not allowed and counts.least == 1 else None
    allowed += [] if alone is None else [alone]
    is_best = bool(allowed) and allowed[0] is chain and relaxed.is_complete
    if fewest:
        known = allowed[0] if allowed else None
        return _fewest(problem, tables, known, budget=budget, is_best=is_best)
    if is_best:
        return _Found(_plan(problem, allowed[0]), None)
    layers = search_counts(tables, counts.most, budget)
    allowed += [found for found in layers.chains[counts.least - 1 :] if found is not None]
    best = min(allowed, key=lambda one: _value(evaluator, objective, one), default=None)
    plan = None if best is None else _plan(problem, best)
    if layers.is_complete:
        return _Found(plan, inf if plan is None else None)
    return _Found(plan, least)


def _fewest(
    problem: Problem, tables: ChainTables, known: Chain | None, *, budget: Budget, is_best: bool
) -> _Found:
    """Fewest stages, and the least latency of those.

    With more stages than a plan that is known and best of all has, nothing is gained.
    """
    counts = stage_counts(problem)
    least = max(counts.least, fewest_jumps(tables.stops))
    most = len(known.nodes) - 1 if known is not None and is_best else counts.most
    if least <= most:
        layers = search_counts(tables, most, budget, enough=least)
        found = next((chain for chain in layers.chains[least - 1 :] if chain is not None), None)
        if found is not None:
            return _Found(_plan(problem, found), None)
        if not layers.is_complete:
            proved = max(least, len(layers.chains) + 1)
            return _Found(None if known is None else _plan(problem, known), float(proved))
    return _Found(None, inf) if known is None else _Found(_plan(problem, known), None)


def _value(evaluator: Evaluator, objective: Objective, chain: Chain) -> float:
    return objective.value(evaluator.evaluate(_plan(evaluator.problem, chain)))


def _plan(problem: Problem, chain: Chain) -> Plan:
    return problem.plan(chain.cuts, tuple(problem.nodes[n].name for n in chain.nodes))
