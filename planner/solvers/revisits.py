"""The solver for nodes that may hold several stages: device, cloud, and back to the device."""

from __future__ import annotations

from planner.costs.compute import has_measured_stages
from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.budget import Budget
from planner.solvers.own_limit import limits_other_values
from planner.solvers.revisit_tiers import Finding, RevisitSearch
from planner.solvers.segment_tables import MOST_CELLS, table_cells


class Revisits:
    """Goes from quick to thorough until a plan is proved or the budget is spent.

    A plan of the class visits any nodes in any order, also again; neighbouring stages are on
    different nodes. A node that holds several stages runs a process for each, and its cap holds
    for all of them together. The tiers, each with the bound and the plan of those before:

    1. `viterbi`: the cheapest walk without caps; optimal if it fits.
    2. `lagrangian`: prices on memory give a bound, and plans that fit.
    3. `labels`: exact, with dominance, over the segments that prices have not ruled out.
    4. `segment-milp`: an integer program over those segments, in HiGHS.

    Chains too long for explicit segments get tier 2's bound block by block, and plans over a
    choice of boundaries. The method of the answer names the tier that proved it. Without a
    deadline the work is limited by counts, so equal problems get equal answers.
    """

    name = "revisits"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for revisits and a sum as objective."""
        limits = problem.limits
        if not limits.revisits:
            return "it is for nodes that may hold several stages"
        if not objective.is_additive:
            return f"{objective.kind} is no sum over stages"
        if limits_other_values(problem, objective):
            return "it cannot limit anything beside its objective"
        cells = table_cells(len(problem.nodes), problem.n_blocks)
        if has_measured_stages(problem) and cells > MOST_CELLS:
            return (
                f"{problem.n_blocks:,} blocks on {len(problem.nodes)} nodes are too many for "
                f"measured stages: {cells:,} segments, at most {MOST_CELLS:,}"
            )
        return None

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class, or the best that was found with its gap."""
        search = RevisitSearch(problem, objective, budget or Budget())
        found = self._run(search)
        method = f"{self.name} by {found.tier} ({problem.limits.describe()})"
        return search.solution(found, method)

    def _run(self, search: RevisitSearch) -> Finding:
        tiers = (search.viterbi, search.lagrangian, search.labels, search.program)
        for tier in tiers[:-1]:
            found = tier()
            if found.is_final or search.is_spent:
                return found
        return tiers[-1]()
