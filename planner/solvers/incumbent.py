"""The incumbent: the best plan found so far that holds every shared limit."""

from __future__ import annotations

from math import inf, isfinite

from planner.costs.evaluate import Evaluator
from planner.objectives import Objective
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.chain_recurrence import Chain
from planner.solvers.shared_limits import SharedLimits


class Incumbent:
    """Takes chains, and keeps the best of those that hold the limits, by the evaluator's price."""

    def __init__(self, problem: Problem, objective: Objective) -> None:
        self._problem = problem
        self._objective = objective
        self._evaluator = Evaluator(problem)
        self._limits = SharedLimits(problem)
        self._names = tuple(node.name for node in problem.nodes)
        self._seen: set[Chain] = set()
        self.value = inf
        self.plan: Plan | None = None

    @property
    def cuts(self) -> tuple[int, ...]:
        """Inner boundaries of the plan; none without a plan."""
        return () if self.plan is None else tuple(stage.start for stage in self.plan.stages[1:])

    def offer(self, chain: Chain) -> bool:
        """Takes the chain if it is better than all before; whether it holds the limits."""
        if not self._limits.holds(chain):
            return False
        if chain not in self._seen:
            self._seen.add(chain)
            plan = self._problem.plan(chain.cuts, tuple(self._names[n] for n in chain.nodes))
            value = self._objective.value(self._evaluator.evaluate(plan))
            if isfinite(value) and value < self.value:
                self.value, self.plan = value, plan
        return True
