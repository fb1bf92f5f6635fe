"""The exact solver for nodes in their listed order."""

from __future__ import annotations

from math import inf

from planner.costs.evaluate import Evaluator
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.chain_recurrence import Chain, best_chain, best_chain_per_count
from planner.solvers.chain_tables import chain_tables
from planner.solvers.shortfall import infeasible_reason
from planner.solvers.stage_counts import StageCounts, at_most

_METHOD = "chain-dp (nodes in listed order, one stage each)"


class ChainDp:
    """Dynamic programming over nodes and boundaries; optimal for its class of plans.

    A plan of the class visits nodes in their listed order, skips any, and gives each at most one
    contiguous stage. Running time is O(N² B + N B log B) for N nodes and B blocks, times the
    number of stages when that is limited. The same problem always gets the same plan: among equal
    values, as computed, the one with the fewest stages.
    """

    name = "chain-dp"

    def skip_reason(self, problem: Problem) -> str | None:
        """None: every problem is a chain with ordered nodes."""
        return None

    def solve(self, problem: Problem, *, max_stages: int | None = None) -> Solution:
        """The best plan of any number of stages, or of at most `max_stages`.

        Raises:
            PlannerError: `max_stages` below 1.
        """
        counts = at_most(problem, max_stages)
        tables = chain_tables(problem)
        if counts.is_unlimited(problem):
            chain = best_chain(tables)
            if chain is None:
                return _infeasible(problem, counts)
            return _optimal(problem, Evaluator(problem), chain)
        found = [c for c in best_chain_per_count(tables, counts.most) if c is not None]
        if not found:
            return _infeasible(problem, counts)
        evaluator = Evaluator(problem)
        answers = [_optimal(problem, evaluator, chain) for chain in found]
        return min(answers, key=_value_s)

    def solve_each_count(
        self, problem: Problem, *, max_stages: int | None = None
    ) -> tuple[Solution, ...]:
        """The best plan of exactly 1, 2, … stages, up to `max_stages` or else one per node.

        Raises:
            PlannerError: `max_stages` below 1.
        """
        possible = at_most(problem, max_stages).most
        chains = best_chain_per_count(chain_tables(problem), possible)
        wanted = len(problem.nodes) if max_stages is None else max_stages
        chains += [None] * (wanted - possible)
        evaluator = Evaluator(problem)
        return tuple(
            _infeasible(problem, StageCounts(k, k))
            if chain is None
            else _optimal(problem, evaluator, chain)
            for k, chain in enumerate(chains, start=1)
        )


def _optimal(problem: Problem, evaluator: Evaluator, chain: Chain) -> Solution:
    plan = problem.plan(chain.cuts, tuple(problem.nodes[n].name for n in chain.nodes))
    value_s = evaluator.evaluate(plan).latency_s
    return Solution(
        status=Status.OPTIMAL, method=_METHOD, plan=plan, value_s=value_s, lower_bound_s=value_s
    )


def _infeasible(problem: Problem, counts: StageCounts) -> Solution:
    reason = infeasible_reason(problem, counts)
    return Solution(status=Status.INFEASIBLE, method=_METHOD, reason=reason)


def _value_s(answer: Solution) -> float:
    return inf if answer.value_s is None else answer.value_s
