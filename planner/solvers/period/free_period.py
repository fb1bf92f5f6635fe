"""The period where nodes in free order are too many to count their uses: plans and a bound.

Plans come from the fullest stages first, from orders of nodes and from walks; the bound from work
that flows like a fluid and from walks within a period (`period_walks`), which count every hop and
every cap. The two are brought together by asking for periods between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from math import inf, isfinite

from planner.costs.compute import block_compute_s
from planner.costs.evaluate import Evaluator
from planner.plan import Plan
from planner.problem import Problem
from planner.solvers.budget import Budget
from planner.solvers.deadline import SpentError
from planner.solvers.period import period_orders
from planner.solvers.period.any_plan import any_plan, has_walks
from planner.solvers.period.least_period import (
    ANY_PERIOD_S,
    LeastPeriod,
    PeriodSearch,
    named_plan,
)
from planner.solvers.period.period_beam import PeriodBeam
from planner.solvers.period.period_bound import Fluid
from planner.solvers.period.period_walks import PeriodWalks, Verdict, WalkEffort
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import FreeUsage, ListedUsage

_BEAM_SHARE = 0.25
"""Of the time that is left, for plans from the fullest stages."""
_ORDERS_SHARE = 0.1
"""The same for orders of nodes."""
_CLOSE = 1e-9
_BELOW = 1e-11
"""A period so much shorter than a plan's, relative, is asked for to prove the plan."""
_NEAR = 0.02
"""When the bounds are so near, that is asked for first."""
_NARROW = 0.002
"""Relative width of what is open at which halving it ends, if the plan cannot be proved."""
_MOST_STEPS = 40
"""Of one halving, which may go on for ever towards a period of zero."""
_SHORT_S = 1e-6
"""Where to begin if there is no bound at all."""
_ROUNDS = 40
"""Prices that are tried for one period."""
_WIDTHS = (100, 400, 1600, 6400, 25_600)
"""Labels at a boundary, from one set of questions to the next."""
_BOUNDARIES = 2000
"""Times the width, so much is extended for one question at most."""
_MOST_WORK = 30_000_000
"""Labels times nodes that are extended in all if there is no deadline."""
_MOST_MOVES = 100
"""Of an order without a gain, if there is no deadline."""


def search_free_period(
    problem: Problem, usage: FreeUsage, flow: Fluid, budget: Budget
) -> LeastPeriod:
    """The best plan found, and what is proved; complete if there is none."""
    search = _FreePeriod(problem, usage, flow, budget)
    with suppress(SpentError):
        search.run()
    return LeastPeriod(
        search.judge.plan,
        min(search.low_s, search.judge.period_s),
        is_complete=search.is_impossible,
    )


class _OrderJudge:
    """Keeps the plan of least period of all that it was shown."""

    def __init__(self, problem: Problem, flow: Fluid, budget: Budget) -> None:
        self._problem, self._flow, self._budget = problem, flow, budget
        self._tables = TeamTables(problem, ListedUsage(problem).groups)
        self._evaluator = Evaluator(problem)
        self.plan: Plan | None = None
        self.period_s = ANY_PERIOD_S
        self.low_s = flow.bound_s
        """No plan is below it."""

    def adopt(self, plan: Plan | None) -> None:
        """Takes a plan if it is better."""
        if plan is not None:
            estimate = self._evaluator.evaluate(plan)
            if estimate.fits and estimate.period_s < self.period_s:
                self.plan, self.period_s = plan, estimate.period_s

    def improve(self, order: tuple[int, ...]) -> bool:
        """Whether the order has a better plan than all before it."""
        if self.period_s <= self.low_s * (1 + _CLOSE):
            return False
        usage = ListedUsage(self._problem, order)
        search = PeriodSearch(self._problem, usage, self._flow, tables=self._tables)
        plan = search.plan_within(self.period_s * (1 - _CLOSE), self._budget)
        if plan is None:
            return False
        self.adopt(plan)
        self.adopt(search.least(self._budget, known=plan).plan)
        return True


class _FreePeriod:
    """One search."""

    def __init__(self, problem: Problem, usage: FreeUsage, flow: Fluid, budget: Budget) -> None:
        self._problem, self._usage, self._flow, self._budget = problem, usage, flow, budget
        self.judge = _OrderJudge(problem, flow, budget)
        self.low_s = flow.bound_s
        """No plan is below it."""
        self.is_impossible = False
        """Whether there is no plan at all."""
        self._work = 0.0
        self._most_work = inf if isfinite(budget.time_limit_s) else _MOST_WORK / len(problem.nodes)
        self._walks: PeriodWalks | None = None

    def run(self) -> None:
        """Until the plan is proved, the effort spent or the time over."""
        self._ask_for_any(WalkEffort(rounds=_ROUNDS))
        if self.is_impossible:
            return
        if has_walks(self._problem, self._usage, self._budget):
            self._walks = PeriodWalks(TeamTables(self._problem, self._usage.groups), self._usage)
        self._between(WalkEffort(rounds=0))
        built = PeriodBeam(self._problem, replace(self._flow, bound_s=self.low_s)).best(
            Budget(self._budget.left_s * _BEAM_SHARE)
        )
        self.judge.adopt(built)
        self._between(WalkEffort(rounds=0))
        self._between(WalkEffort(rounds=_ROUNDS))
        for width in _WIDTHS:
            most_work = int(min(width * _BOUNDARIES, self._most_work - self._work))
            effort = WalkEffort(_ROUNDS, width, most_work)
            if self.judge.plan is None:
                self._ask_for_any(effort)
            if self._is_done or self.is_impossible:
                return
            self._between(effort)
            if width == _WIDTHS[0] and not self._is_done:
                self._search_orders(Budget(self._budget.left_s * _ORDERS_SHARE, self._budget.seed))

    @property
    def _is_done(self) -> bool:
        is_proved = self.low_s >= self.judge.period_s * (1 - _CLOSE)
        return is_proved or self._budget.spent or self._work >= self._most_work

    def _search_orders(self, budget: Budget) -> None:
        self.judge.low_s = self.low_s
        starts = _starts(self._problem, self.judge.plan)
        patience = max(_MOST_MOVES // len(self._problem.nodes), 1)
        if isfinite(budget.time_limit_s):
            patience = max(patience, period_orders.PATIENCE)
        period_orders.search_orders(starts, self.judge.improve, budget, patience)

    def _ask_for_any(self, effort: WalkEffort) -> None:
        found, plan = any_plan(self._problem, effort, self._budget)
        self._work += found.work
        self.is_impossible = found.is_impossible
        self.judge.adopt(plan)

    def _ask(self, period_s: float, effort: WalkEffort) -> Verdict:
        """Asks for one period, and notes what follows."""
        if self._walks is None:
            return Verdict(is_impossible=False)
        found = self._walks.judge(period_s, effort, self._budget)
        self._work += found.work
        if found.is_impossible:
            self.low_s = max(self.low_s, period_s)
        if found.path is not None:
            self.judge.adopt(named_plan(self._problem, self._usage, found.path))
        return found

    def _between(self, effort: WalkEffort) -> None:
        """Halves what is open: first from below, then from above."""
        if self._try_to_prove(effort) or self._is_done:
            return
        open_s = self._raise_bound(effort)
        if effort.width:
            self._shorten(max(open_s, self.low_s), effort)
            self._try_to_prove(effort)

    def _raise_bound(self, effort: WalkEffort) -> float:
        """Halves what is below the shortest period that stays open, and returns that."""
        open_s = self.judge.period_s
        if open_s >= ANY_PERIOD_S:
            open_s = self._some_open(effort)
        for _ in range(_MOST_STEPS):
            if self.low_s >= open_s * (1 - _NARROW) or self._is_done:
                break
            middle_s = (self.low_s + open_s) / 2
            if not self._ask(middle_s, effort).is_impossible:
                open_s = min(middle_s, self.judge.period_s)
        return open_s

    def _shorten(self, open_s: float, effort: WalkEffort) -> None:
        """Halves what is between a period that stayed open and that of the best plan."""
        for _ in range(_MOST_STEPS):
            before_s = self.judge.period_s
            if open_s >= before_s * (1 - _NARROW) or self._is_done:
                break
            middle_s = (open_s + min(before_s, 2 * open_s)) / 2
            self._ask(middle_s, effort)
            if self.judge.period_s >= before_s:
                open_s = middle_s

    def _try_to_prove(self, effort: WalkEffort) -> bool:
        """Asks for less than the best plan's period as long as that finds better ones."""
        while not self._is_done and self.low_s > self.judge.period_s * (1 - _NEAR):
            before_s = self.judge.period_s
            self._ask(before_s * (1 - _BELOW), effort)
            if self.judge.period_s >= before_s:
                break
        return self._is_done

    def _some_open(self, effort: WalkEffort) -> float:
        """A period that is not refuted, while no plan is known."""
        period_s = self.low_s or _SHORT_S
        for _ in range(_MOST_STEPS):
            if self._budget.spent:
                break
            period_s = 2 * period_s
            if not self._ask(period_s, effort).is_impossible:
                break
        return min(period_s, self.judge.period_s)


def _starts(problem: Problem, built: Plan | None) -> Iterator[period_orders.Order]:
    """The order of a plan that was built for a short period, then simple ones."""
    index = problem.node_index
    if built is not None:
        order = [index[stage.node] for stage in built.stages]
        yield tuple(order + [n for n in range(len(index)) if n not in order])
    total_s = [float(block_compute_s(node).sum()) for node in problem.nodes]
    yield from period_orders.first_orders(total_s, index[problem.source], index[problem.sink])
