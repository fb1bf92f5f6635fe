"""Plans for models that branch: a model in another order of its blocks is another chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf

from netmodel.cluster import Cluster
from planner.costs.evaluate import evaluate
from planner.objectives import LATENCY, ObjectiveKind, broken_limit
from planner.plan import Plan
from planner.plan_options import PlanOptions
from planner.problem import Problem, build_problem
from planner.solution import Solution, Status
from planner.solvers.answers import answer, infeasible, unanswered
from planner.solvers.branching.downset_search import OrderedPlan, search_downsets, skip_reason
from planner.solvers.branching.downsets import Downsets, all_downsets, downsets_of
from planner.solvers.branching.graph_bound import graph_bound
from planner.solvers.budget import Budget
from planner.solvers.own_limit import broken_by_all, own_limit
from profiler.block_order import BlockDag, block_dag, op_order_of, reordered
from profiler.block_tensors import BlockTensors
from profiler.order_candidates import candidate_orders
from profiler.profile_records import Profile

MOST_DOWNSETS = 40_000
"""Above so many, only those of the orders that were tried are searched."""
_QUICK_DOWNSETS = 4_000
"""Above so many, those of the tried orders are searched first."""
_MOST_PRICED = 16_000_000
"""Blocks times downsets."""
_PRICING_S = 5e-7
"""Of one block in one downset, on a slow machine."""
_ROUNDING = 1e-9
"""Sums in another order differ by less, relative to their value."""

Solve = Callable[[Problem, PlanOptions], Solution]
"""Solves one chain within the options' time."""


@dataclass(frozen=True)
class GraphAnswer:
    """The best plan over several orders of the blocks, and all that belongs to its order."""

    order: tuple[int, ...]
    """Blocks of the given profile in the plan's order."""
    op_order: tuple[int, ...]
    """Operators in the plan's order, for the plan file; empty for the program's own."""
    profile: Profile
    """The given profile in the plan's order."""
    node_profiles: dict[str, Profile]
    """The nodes' own profiles in the plan's order."""
    problem: Problem
    """What the solution answers."""
    solution: Solution
    n_downsets: int | None
    """Of the blocks; none if there are more than `MOST_DOWNSETS`."""
    orders_tried: int


def solve_graph(
    profile: Profile,
    cluster: Cluster,
    node_profiles: Mapping[str, Profile] | None = None,
    *,
    solve: Solve,
    options: PlanOptions | None = None,
) -> GraphAnswer:
    """The best plan over all orders of the blocks in which a model can run.

    Several orders are solved as chains. Then, for latency and price, the plans between all
    downsets are searched if there are few enough, or else those between the downsets of the tried
    orders. For other objectives they are searched if no tried order has a plan: for an order that
    has one, which is then solved, or for the proof that none has. The lower bound holds for all
    orders. A model without branches is solved once. Among plans of equally many nodes, where these
    are the objective, the quickest is taken.

    The solution is optimal only if it is so over all orders; else its method tells what is known.

    Args:
        profile: the model in the program's order.
        cluster: nodes and links.
        node_profiles: the profiles that nodes name as their own, by that name.
        solve: solves one chain; it gets the options with the time that it may take.
        options: objective, class of plans, time and seed.

    Raises:
        MismatchError: as `build_problem`.
    """
    search = _Search(profile, cluster, dict(node_profiles or {}), options or PlanOptions(), solve)
    return search.run()


@dataclass(frozen=True)
class _Try:
    """One order and what became of it."""

    order: tuple[int, ...]
    solution: Solution
    second: float = 0.0
    """What decides between equal values."""

    @property
    def value(self) -> float:
        return inf if self.solution.value is None else self.solution.value

    @property
    def rank(self) -> tuple[float, float]:
        return self.value, self.second

    def beats(self, other: _Try) -> bool:
        """Whether it is better by more than rounding."""
        if self.value < other.value * (1 - _ROUNDING):
            return True
        return self.value == other.value and self.second < other.second * (1 - _ROUNDING)


class _Search:
    def __init__(
        self,
        profile: Profile,
        cluster: Cluster,
        node_profiles: dict[str, Profile],
        options: PlanOptions,
        solve: Solve,
    ) -> None:
        self._profile, self._cluster, self._node_profiles = profile, cluster, node_profiles
        self._options, self._solve = options, solve
        limit = options.time_limit_s
        self._budget = Budget(inf if limit is None else limit, options.seed)
        self._dag: BlockDag = block_dag(profile)
        self._program = tuple(range(self._dag.n_blocks))
        self._problems: dict[tuple[int, ...], Problem] = {}

    def run(self) -> GraphAnswer:
        """Tries orders, bounds, searches downsets, and words what came of it."""
        if self._dag.is_chain:
            only = self._tried(self._program, 1)
            return self._answer(only.order, only.solution, self._dag.n_blocks + 1, 1)
        tries = self._tries()
        best = min(tries, key=lambda one: one.rank)
        if not best.beats(tries[0]):
            best = tries[0]
        problem, tensors = self._problem(self._program), BlockTensors(self._profile)
        bound = graph_bound(problem, self._options.objective, self._dag, tensors, self._budget)
        downsets = all_downsets(self._dag, MOST_DOWNSETS)
        n_downsets = None if downsets is None else len(downsets.masks)
        how = f"best of {len(tries)} orders of the blocks"
        families = self._families(tries, downsets)
        for family, is_all in families:
            if best.value <= bound * (1 + _ROUNDING) or self._budget.spent:
                break
            best, proved, how = self._improved(best, tensors, family, is_all)
            bound = max(bound, proved)
            how = f"best of {len(tries)} orders of the blocks{how}"
        solution = self._judged(best, bound, how, n_downsets)
        return self._answer(best.order, solution, n_downsets, len(tries))

    def _families(
        self, tries: list[_Try], downsets: Downsets | None
    ) -> list[tuple[Downsets, bool]]:
        """Downsets to search, and whether they are all; a few first if all are many.

        Pricing them is not cut off half-way, so there must be time for it.
        """
        few = downsets_of(self._dag, [one.order for one in tries])
        families = [(few, False)]
        if downsets is not None:
            is_quick = len(downsets.masks) <= _QUICK_DOWNSETS
            families = [*families[is_quick:], (downsets, True)]
        return [family for family in families if self._can_price(family[0])]

    def _can_price(self, downsets: Downsets) -> bool:
        cells = len(downsets.masks) * self._dag.n_blocks
        return cells <= _MOST_PRICED and cells * _PRICING_S < self._budget.left_s

    def _tries(self) -> list[_Try]:
        """Every candidate's best plan, the program's own first, while there is time."""
        orders = candidate_orders(self._profile, seed=self._options.seed)
        tries: list[_Try] = []
        for left, order in zip(range(len(orders), 0, -1), orders, strict=True):
            if tries and self._budget.spent:
                break
            tries.append(self._tried(order, left + 1))
        return tries

    def _tried(self, order: tuple[int, ...], shares: int) -> _Try:
        """One order's solution, in its share of the time that is left."""
        options = self._options
        if options.time_limit_s is not None:
            share_s = max(self._budget.left_s / shares, 1e-3)
            options = replace(options, time_limit_s=share_s)
        return self._ranked(order, self._solve(self._problem(order), options))

    def _ranked(self, order: tuple[int, ...], solution: Solution) -> _Try:
        if solution.plan is None or self._options.objective.kind is not ObjectiveKind.NODES:
            return _Try(order, solution)
        return _Try(order, solution, evaluate(self._problem(order), solution.plan).latency_s)

    def _improved(
        self, best: _Try, tensors: BlockTensors, downsets: Downsets, is_all: bool
    ) -> tuple[_Try, float, str]:
        """The best plan with that between downsets, a lower bound, and what was searched."""
        problem, objective = self._problem(self._program), self._options.objective
        n_downsets = len(downsets.masks)
        if self._needs_any_plan(best):
            return self._fitting_order(best, tensors, downsets, is_all)
        if (reason := skip_reason(problem, objective, n_downsets)) is not None:
            return best, 0.0, f"; downsets were not searched: {reason}"
        found = search_downsets(
            problem, objective, tensors, downsets, ceiling=best.value, budget=self._budget
        )
        how = f" and of the plans between {'all' if is_all else 'some'} {n_downsets:,} downsets"
        if not found.is_complete:
            how += ", of which not all were searched"
        better = None if found.plan is None else self._priced(found.plan)
        if better is not None and better.beats(best):
            best = better
        return best, found.lower_bound if is_all else 0.0, how

    def _needs_any_plan(self, best: _Try) -> bool:
        """Whether any plan that fits, of fewer stages than the best has nodes, would be better."""
        objective = self._options.objective
        if best.solution.plan is None:
            return not objective.is_additive
        is_count = objective.kind is ObjectiveKind.NODES and not self._options.limits.revisits
        return is_count and best.value > 1

    def _fitting_order(
        self, best: _Try, tensors: BlockTensors, downsets: Downsets, is_all: bool
    ) -> tuple[_Try, float, str]:
        """An order that has a plan, solved, where the best has none; or the proof of none.

        Whether anything fits does not depend on the objective: the quickest plan is looked for.
        For the number of nodes, a plan of fewer stages than the best one has nodes.
        """
        problem, n_downsets = self._problem(self._program), len(downsets.masks)
        if (reason := skip_reason(problem, LATENCY, n_downsets)) is not None:
            return best, 0.0, f"; downsets were not searched: {reason}"
        how = f"; {'all' if is_all else 'some'} {n_downsets:,} downsets were searched for any plan"
        limits = problem.limits
        if best.solution.plan is not None:
            most = round(best.value) - 1
            if most < limits.min_stages:
                return best, best.value, ""
            limits = limits.model_copy(update={"max_stages": most})
            how = f"{how} on {most} nodes"
        found = search_downsets(
            problem.replaced(limits=limits),
            LATENCY,
            tensors,
            downsets,
            ceiling=inf,
            budget=self._budget,
        )
        if not found.is_complete:
            return best, 0.0, f"{how}, but not to the end"
        if found.plan is not None:
            tries = (self._tried(found.plan.order, 2), self._priced(found.plan))
            better = min((one for one in tries if one is not None), key=lambda one: one.rank)
            if not better.beats(best):
                return best, 0.0, how
            if self._needs_any_plan(better) and not self._budget.spent:
                return self._fitting_order(better, tensors, downsets, is_all)
            return better, 0.0, how
        none_fits = is_all and found.lower_bound == inf
        return best, best.value if none_fits else 0.0, how

    def _priced(self, found: OrderedPlan) -> _Try | None:
        """The plan between downsets as one of its order; none if it breaks a limit."""
        problem, objective = self._problem(found.order), self._options.objective
        names = tuple(problem.nodes[node].name for node in found.nodes)
        plan = problem.plan(found.cuts, names)
        if not _holds(problem, plan):
            return None
        method = f"downset-dp ({problem.limits.describe()})"
        solution = answer(problem, objective, method, plan=plan, lower_bound=0.0)
        return self._ranked(found.order, solution)

    def _judged(self, best: _Try, bound: float, how: str, n_downsets: int | None) -> Solution:
        """The best plan with what is known of it over all orders."""
        base = best.solution
        method = f"{base.method}; {how}"
        if n_downsets is None:
            method = f"{method}; more than {MOST_DOWNSETS:,} downsets"
        if base.plan is None:
            return self._without_plan(base, bound, method)
        lower = min(bound, best.value)
        if best.value - lower <= _ROUNDING * best.value:
            proved = {"status": Status.OPTIMAL, "lower_bound": best.value, "reason": ""}
            return base.model_copy(update=proved | {"method": f"{method}; optimal over all orders"})
        known = "optimal for this order; " if base.status is Status.OPTIMAL else ""
        return base.model_copy(
            update={
                "status": Status.FEASIBLE,
                "method": f"{method}; {known}over all orders within {1 - lower / best.value:.2%}",
                "lower_bound": lower,
                "reason": "no better plan in another order of the blocks was found, or ruled out",
            }
        )

    def _without_plan(self, base: Solution, bound: float, method: str) -> Solution:
        objective = self._options.objective
        if bound == inf:
            return infeasible(objective, f"{method}; none fits in any order", base.reason)
        limit = own_limit(self._options.limits, objective) if objective.is_additive else None
        if limit is not None and bound > limit * (1 + _ROUNDING):
            return infeasible(objective, method, broken_by_all(limit, bound, objective))
        reason = f"no tried order of the blocks has a plan; in the program's order: {base.reason}"
        return unanswered(objective, method, reason, lower_bound=bound)

    def _problem(self, order: tuple[int, ...]) -> Problem:
        if order not in self._problems:
            self._problems[order] = build_problem(
                reordered(self._profile, order),
                self._cluster,
                self._in_order(order),
                limits=self._options.limits,
            )
        return self._problems[order]

    def _in_order(self, order: tuple[int, ...]) -> dict[str, Profile]:
        if order == self._program:
            return self._node_profiles
        return {name: reordered(own, order) for name, own in self._node_profiles.items()}

    def _answer(
        self, order: tuple[int, ...], solution: Solution, n_downsets: int | None, n_tried: int
    ) -> GraphAnswer:
        return GraphAnswer(
            order=order,
            op_order=op_order_of(self._profile, order),
            profile=reordered(self._profile, order),
            node_profiles=self._in_order(order),
            problem=self._problem(order),
            solution=solution.model_copy(update={"runtime_s": self._budget.elapsed_s}),
            n_downsets=n_downsets,
            orders_tried=n_tried,
        )


def _holds(problem: Problem, plan: Plan) -> bool:
    estimate = evaluate(problem, plan)
    within = broken_limit(problem.limits, estimate) is None
    return estimate.fits and within and estimate.latency_s < inf
