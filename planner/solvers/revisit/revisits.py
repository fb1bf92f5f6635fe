"""The solvers for nodes that may hold several stages: device, cloud, and back to the device."""

from __future__ import annotations

from planner.costs.compute import has_measured_stages
from planner.errors import PlannerError
from planner.objectives import LATENCY, Objective
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.budget import Budget
from planner.solvers.own_limit import limits_other_values
from planner.solvers.revisit.revisit_tiers import RevisitSearch
from planner.solvers.revisit.segment_tables import MOST_CELLS, table_cells

TIERS = ("viterbi", "lagrangian", "labels", "segment-milp")


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
    choice of boundaries. The method of an answer names the tier that proved it. Without a
    deadline the work is limited by counts, so equal problems get equal answers.
    """

    name = "revisits"

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """Why it is not for this problem; none for revisits and a sum as objective."""
        return _skip_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """The best plan of the class, or the best that was found with its gap."""
        search = RevisitSearch(problem, objective, budget or Budget())
        search.start()
        for tier in TIERS:
            is_final = _run(search, tier)
            if is_final or search.is_spent:
                break
        proof = f" by {tier}" if is_final else ""
        return search.solution(f"{self.name}{proof} ({problem.limits.describe()})")


class RevisitTier:
    """One of the tiers alone, for comparisons.

    Labels go over all segments, without prices; the program over those that prices leave.

    Args:
        name: the tier's.

    Raises:
        PlannerError: there is no such tier.
    """

    def __init__(self, name: str) -> None:
        if name not in TIERS:
            raise PlannerError(f"tier {name!r} is unknown: use {', '.join(TIERS)}")
        self._name = name

    @property
    def name(self) -> str:
        """The tier's."""
        return self._name

    def skip_reason(self, problem: Problem, objective: Objective = LATENCY) -> str | None:
        """As for all tiers together; the walk block by block is not for measured stages."""
        if self._name == "viterbi" and has_measured_stages(problem):
            return "stages with a measured time of their own are no sums of blocks"
        cells = table_cells(len(problem.nodes), problem.n_blocks)
        if self._name in ("labels", "segment-milp") and cells > MOST_CELLS:
            return f"{cells:,} segments are too many to look at each (at most {MOST_CELLS:,})"
        return _skip_reason(problem, objective)

    def solve(
        self, problem: Problem, objective: Objective = LATENCY, budget: Budget | None = None
    ) -> Solution:
        """What the tier finds without the others' plans and prices."""
        search = RevisitSearch(problem, objective, budget or Budget())
        if self._name == "labels":
            search.list_segments()
            search.labels()
        elif self._name != "segment-milp" or not search.lagrangian():
            _run(search, self._name)
        return search.solution(f"{self.name} ({problem.limits.describe()})")


def _run(search: RevisitSearch, tier: str) -> bool:
    """Whether the best plan is proved afterwards, or that there is none."""
    if tier == "viterbi":
        return search.viterbi()
    if tier == "lagrangian":
        return search.lagrangian()
    return search.labels() if tier == "labels" else search.program()


def _skip_reason(problem: Problem, objective: Objective) -> str | None:
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
