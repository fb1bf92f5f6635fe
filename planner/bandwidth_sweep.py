"""Bandwidth sweep: the best plan for every bandwidth, and what each costs at the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Annotated, Self

from pydantic import ConfigDict, Field, NonNegativeFloat, PositiveFloat, model_validator

from planner.costs.evaluate import Evaluator
from planner.errors import PlannerError
from planner.plan import Plan
from planner.plan_row import PlanRow, plan_fields
from planner.problem import Problem
from planner.solution import Solution
from planner.solvers.solve import solve
from profiler.record import Record

_Choice = tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]
"""Nodes of each part, and the cuts."""


class FixedPlan(Record):
    """One plan, kept whatever the bandwidth."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="strings")

    nodes: tuple[str, ...]
    cuts: tuple[int, ...]
    fits: bool
    """Whether it holds all memory caps."""
    latency_s: tuple[NonNegativeFloat, ...]
    """At each bandwidth; infinite over a link that does not exist."""


class BandwidthSweep(Record):
    """The best plan for each bandwidth, beside fixed ones."""

    bandwidths_bytes_per_s: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]
    """Ascending."""
    rows: tuple[PlanRow, ...]
    """The best plan at each."""
    plans: tuple[FixedPlan, ...]
    """The whole model on each node, then every plan with cuts that is best somewhere."""

    @model_validator(mode="after")
    def _lengths_agree(self) -> Self:
        n = len(self.bandwidths_bytes_per_s)
        lengths = {len(self.rows), *(len(plan.latency_s) for plan in self.plans)}
        if lengths != {n}:
            raise ValueError(f"{n} bandwidths need as many rows, and as many times of each plan")
        fixed = {(plan.nodes, plan.cuts) for plan in self.plans}
        if any(row.feasible and (row.nodes, row.cuts) not in fixed for row in self.rows):
            raise ValueError("plans: every plan of a row must be among them")
        return self


def sweep_bandwidth(
    problem: Problem,
    bandwidths_bytes_per_s: Sequence[float],
    solve: Callable[[Problem], Solution] = solve,
) -> BandwidthSweep:
    """The best plan when every link has one bandwidth; delays and overheads stay.

    Args:
        problem: what to solve; the bandwidths of its links are replaced.
        bandwidths_bytes_per_s: to try, in any order.
        solve: finds the best plan; the one of least latency if not given.

    Raises:
        PlannerError: there is no bandwidth to try.
    """
    if not bandwidths_bytes_per_s:
        raise PlannerError("a sweep over the bandwidth needs at least one bandwidth to try")
    bandwidths = tuple(sorted(bandwidths_bytes_per_s))
    problems = [_at_bandwidth(problem, bandwidth) for bandwidth in bandwidths]
    answers = [solve(each) for each in problems]
    single: list[_Choice] = [(((node.name,),), ()) for node in problem.nodes]
    best = [_choice(answer.plan) for answer in answers if answer.plan is not None]
    evaluators = [Evaluator(each) for each in problems]
    return BandwidthSweep(
        bandwidths_bytes_per_s=bandwidths,
        rows=tuple(
            PlanRow(**plan_fields(each, answer))
            for each, answer in zip(problems, answers, strict=True)
        ),
        plans=tuple(_fixed(evaluators, choice) for choice in dict.fromkeys(chain(single, best))),
    )


def _choice(plan: Plan) -> _Choice:
    return tuple(stage.nodes for stage in plan.stages), tuple(s.start for s in plan.stages[1:])


def _fixed(evaluators: Sequence[Evaluator], choice: _Choice) -> FixedPlan:
    teams, cuts = choice
    first, more = tuple(team[0] for team in teams), tuple(team[1:] for team in teams)
    estimates = [each.evaluate(each.problem.plan(cuts, first, more)) for each in evaluators]
    return FixedPlan(
        nodes=tuple("+".join(team) for team in teams),
        cuts=cuts,
        fits=all(estimate.fits for estimate in estimates),
        latency_s=tuple(estimate.latency_s for estimate in estimates),
    )


def _at_bandwidth(problem: Problem, bytes_per_s: float) -> Problem:
    links = tuple(
        link.model_copy(
            update={"model": link.model.faster(bytes_per_s / link.model.bandwidth_bytes_per_s)}
        )
        for link in problem.links
    )
    return problem.replaced(links=links)
