"""Quantiles, and the mean-variance sums behind them, with limits and replicas and little time."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from planner.costs.evaluate import Evaluator, evaluate
from planner.costs.spread_prices import lower_mean_problem
from planner.costs.tails import TailSimulator, simulate_tail
from planner.errors import PlannerError
from planner.limits import Order
from planner.objectives import LATENCY, THROUGHPUT, broken_limit, latency_quantile, mean_variance
from planner.solution import Status
from planner.solvers import solve as solve_module
from planner.solvers.additive_floor import additive_floor
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.labelling.labels import Labels
from planner.solvers.mean_variance_hull import mean_variance_hull
from planner.solvers.no_method import no_method_reason
from planner.solvers.quantile import plan_for_quantile
from planner.solvers.replicas import without_useless_replicas
from planner.solvers.solve import solve
from tests.planner.instances import free_wires, large_problem, limited, random_problem
from tests.planner.measured import with_measured_stages
from tests.planner.priced_instances import priced_problem
from tests.planner.spreads import randomly_varied, varied_by_kind
from tests.planner.test_quantile import assert_hull_is_that_of_all_plans
from tests.planner.test_value_limits import (
    CLASSES,
    with_random_limits,
)

P95 = latency_quantile(0.95)
WEIGHTS = ((1.0, 0.0), (1.0, 0.5), (0.0, 1.0))


@dataclass(frozen=True)
class CountedBudget(Budget):
    """Is spent once it was asked so many times, whatever the clock says."""

    most: int = 0
    asked: list[None] = field(default_factory=list)

    @property
    def spent(self):
        self.asked.append(None)
        return len(self.asked) > self.most


def small_problem(seed, limits):
    """With limits near the values of one plan; equal nodes vary alike, but with revisits."""
    if "revisits" in limits:
        problem = priced_problem(seed, most_blocks=4, most_nodes=3, most_kinds=3)
        problem = randomly_varied(problem, seed)
    else:
        problem = varied_by_kind(priced_problem(seed, most_blocks=4, most_nodes=4), seed)
    return with_random_limits(limited(problem, **limits), seed)


def assert_near_the_oracle(found, problem, objective):
    """As `assert_equals_the_oracle`, where a variance may be 0."""
    oracle = BruteForce().solve(problem, objective)
    assert found.status is oracle.status, found.reason
    if oracle.value is not None:
        assert found.value == pytest.approx(oracle.value, rel=1e-9, abs=1e-12)
        assert found.value == objective.value(evaluate(problem, found.plan))


def with_auto(problem, objective, budget):
    return solve(problem, objective)


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_labels_weigh_mean_and_variance_under_limits_as_the_oracle_does(limits):
    feasible = []
    for seed in range(40):
        problem, objective = small_problem(seed, limits), mean_variance(*WEIGHTS[seed % 3])
        found = Labels().solve(problem, objective)
        assert_near_the_oracle(found, problem, objective)
        assert_near_the_oracle(solve(problem, objective), problem, objective)
        feasible.append(found.plan is not None)
    assert 0.1 < np.mean(feasible) < 0.95


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_the_hull_under_limits_is_the_lower_hull_of_the_plans_that_hold_them(limits):
    sizes = [
        assert_hull_is_that_of_all_plans(small_problem(seed, limits), with_auto)
        for seed in range(50)
    ]
    assert max(sizes) >= 2


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_a_quantile_under_limits_is_the_best_of_the_hull_and_the_usual_plan(limits):
    answered = 0
    for seed in range(15):
        problem = small_problem(seed, limits)
        answer, plans = solve(problem, P95), list(feasible_plans(problem))
        assert (answer.plan is None) == (not plans)
        if not plans:
            assert answer.status is Status.INFEASIBLE
            continue
        estimate = Evaluator(problem).evaluate(answer.plan)
        assert estimate.fits
        assert broken_limit(problem.limits, estimate) is None
        if not problem.has_spread:
            continue
        hull = mean_variance_hull(problem, with_auto, Budget())
        candidates = [point.plan for point in hull.points] + [solve(problem, LATENCY).plan]
        simulator = TailSimulator(problem, seed=1)
        best = min(simulator.tail(plan, 0.95).latency_s for plan in candidates)
        assert simulator.tail(answer.plan, 0.95).latency_s == pytest.approx(best, rel=1e-9)
        assert answer.lower_bound <= min(
            simulate_tail(problem, plan, 0.95, n_draws=2000).high_s for plan, _ in plans
        ) * (1 + 1e-9)
        answered += 1
    assert answered > 2


def test_stages_on_several_nodes_are_chosen_for_a_quantile_only_to_hold_a_period():
    n_teams = 0
    for seed in range(60):
        problem = limited(varied_by_kind(priced_problem(seed), seed), order="free", max_replicas=3)
        usual = solve(problem, P95)
        if usual.plan is None:
            continue
        assert not any(stage.replicas for stage in usual.plan.stages)
        period_s = solve(problem, THROUGHPUT).value
        if period_s:
            within = solve(limited(problem, max_period_s=period_s * 1.001), P95)
            assert within.plan is not None, within.reason
            n_teams += any(stage.replicas for stage in within.plan.stages)
    assert n_teams > 3


def test_one_node_a_stage_has_the_mean_and_the_variance_of_several():
    n_compared = 0
    for seed in range(25):
        problem = limited(
            varied_by_kind(priced_problem(seed, most_blocks=3), seed), order="free", max_replicas=3
        )
        for plan, estimate in feasible_plans(problem):
            if any(stage.replicas for stage in plan.stages):
                cuts = tuple(stage.stop for stage in plan.stages[:-1])
                alone = problem.plan(cuts, tuple(stage.node for stage in plan.stages))
                other = evaluate(problem, alone)
                assert (other.mean_s, other.variance_s2) == (estimate.mean_s, estimate.variance_s2)
                n_compared += 1
        for objective in (P95, mean_variance(1.0, 2.0)):
            assert without_useless_replicas(problem, [objective]).limits.max_replicas == 1
        assert without_useless_replicas(problem, [THROUGHPUT]).limits.max_replicas == 3
    assert n_compared > 50


def test_the_bound_on_mean_and_variance_without_a_search_is_never_above_the_least():
    n_bounds = 0
    for seed in range(60):
        problem = small_problem(seed, CLASSES[seed % len(CLASSES)])
        for weights in WEIGHTS:
            oracle = BruteForce().solve(problem, mean_variance(*weights))
            if oracle.value is not None:
                floor = additive_floor(problem, mean_variance(*weights))
                assert floor <= oracle.value * (1 + 1e-12)
                n_bounds += floor > 0
    assert n_bounds > 20


def test_mean_and_variance_of_stages_with_a_time_of_their_own_are_the_evaluators():
    for seed in range(60):
        problem = randomly_varied(random_problem(seed, most_nodes=3), seed)
        problem, objective = with_measured_stages(problem, seed), mean_variance(*WEIGHTS[seed % 3])
        assert_near_the_oracle(ChainDp().solve(problem, objective), problem, objective)
        assert_near_the_oracle(Labels().solve(problem, objective), problem, objective)


def test_no_quantile_is_below_the_latency_at_lower_means_of_stages_that_were_measured():
    n_plans = 0
    for seed in range(40):
        problem = randomly_varied(random_problem(seed, most_blocks=4, most_nodes=3), seed)
        problem = with_measured_stages(problem, seed)
        bound = lower_mean_problem(problem, 0.9)
        for plan, _ in feasible_plans(problem):
            cuts = tuple(stage.stop for stage in plan.stages[:-1])
            at_lower = bound.plan(cuts, tuple(stage.node for stage in plan.stages))
            tail = simulate_tail(problem, plan, 0.9, n_draws=2000)
            assert evaluate(bound, at_lower).latency_s <= tail.high_s * (1 + 1e-9)
            n_plans += 1
    assert n_plans > 60


def test_the_oracle_stops_when_its_time_is_over_with_its_best_plan_so_far():
    problem = limited(random_problem(3, most_blocks=5, most_nodes=4), order=Order.FREE)
    budget = CountedBudget(most=10**9)
    full = BruteForce().solve(problem, LATENCY, budget)
    assert full.status is Status.OPTIMAL
    values, n_asked = [], len(budget.asked)
    for most in range(0, n_asked, 5):
        part = CountedBudget(most=most)
        found = BruteForce().solve(problem, LATENCY, part)
        assert len(part.asked) == most + 1
        assert found.lower_bound == 0.0
        assert found.reason == "the time limit was reached before every plan was priced"
        assert found.status is (Status.UNKNOWN if found.plan is None else Status.FEASIBLE)
        values.append(float("inf") if found.value is None else found.value)
    assert values[0] == float("inf")
    assert values == sorted(values, reverse=True)
    assert values[-1] >= full.value
    assert BruteForce().solve(problem, LATENCY, CountedBudget(most=n_asked)) == full


def test_the_oracle_is_asked_for_the_time_while_it_lists_sequences_of_nodes():
    problem = limited(large_problem(6, 8, cap_bytes=1), order=Order.FREE, min_stages=5)
    budget = CountedBudget(most=50)
    assert BruteForce().solve(problem, LATENCY, budget).status is Status.UNKNOWN
    assert len(budget.asked) == 51


@pytest.mark.parametrize("limits", CLASSES, ids=str)
@pytest.mark.parametrize("objective", [LATENCY, P95, mean_variance(1.0, 1.0)], ids=str)
def test_the_oracle_is_never_chosen_by_itself(monkeypatch, limits, objective):
    problem = small_problem(5, limits)

    def refuse(*_):
        raise AssertionError("it was chosen")

    monkeypatch.setattr(BruteForce, "solve", refuse)
    assert solve(problem, objective).status is not Status.UNKNOWN


def test_no_search_begins_once_the_time_is_over_if_there_is_a_plan():
    problem = limited(
        randomly_varied(large_problem(30, 9, cap_bytes=10**7), 3), order="free", max_latency_s=9.0
    )
    asked = []

    def counted(problem, objective, budget):
        asked.append(objective)
        return solve(problem, objective, time_limit_s=max(budget.left_s, 1e-9))

    answer = plan_for_quantile(problem, P95, Budget(1e-9), counted)
    assert asked == [LATENCY]
    assert answer.status is Status.FEASIBLE
    assert 0 < answer.lower_bound < answer.value
    assert "not all corners" in answer.reason


def test_a_method_that_cannot_keep_a_limit_beside_a_quantile_says_so_before_it_searches(
    monkeypatch,
):
    problem = limited(randomly_varied(free_wires(), 1), max_period_s=9.0)
    monkeypatch.setattr(ChainDp, "solve", None)
    with pytest.raises(PlannerError) as error:
        solve(problem, P95, method="chain-dp")
    assert str(error.value) == (
        "method 'chain-dp' is not for the p95 of the latency with nodes in listed order, one stage "
        "each and a limit on period, since it cannot limit anything beside its objective: drop the "
        "limit on period, or use method auto"
    )


def test_what_no_method_is_for_is_said_in_one_sentence_with_what_to_drop(monkeypatch):
    monkeypatch.setattr(solve_module, "SOLVERS", (ChainDp(), BruteForce()))
    problem = randomly_varied(free_wires(), 1)
    with pytest.raises(PlannerError) as error:
        solve(limited(problem, max_latency_s=5.0), P95)
    assert str(error.value) == (
        "no method is for the p95 of the latency with nodes in listed order, one stage each and a "
        "limit on latency, since it cannot limit anything beside its objective: drop the limit on "
        "latency or the quantile"
    )


def test_no_more_than_two_reasons_are_given_and_all_limits_are_named():
    problem = limited(
        random_problem(1), order="free", max_period_s=9.0, max_price=9.0, max_replicas=2
    )
    solvers = [s for s in solve_module.SOLVERS if s.skip_reason(problem, P95) is not None]
    reason = no_method_reason(problem, P95, P95, solvers)
    assert "up to 2 equal nodes a stage and a limit on period and price, since" in reason
    assert all(solver.name not in reason for solver in solvers)
    assert reason.count(" and ") <= 4
    assert len(reason) < 400
