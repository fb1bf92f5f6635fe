"""Limits on latency, period and price beside any objective, against the oracle."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.evaluate import evaluate
from planner.objectives import (
    LATENCY,
    NODES,
    PRICE,
    THROUGHPUT,
    broken_limit,
    latency_quantile,
    makespan,
    mean_variance,
)
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.labelling import labels
from planner.solvers.labelling.labels import Labels, too_large_reason
from planner.solvers.labelling.least_value import Least
from planner.solvers.labelling.least_value_orders import search
from planner.solvers.labelling.quick_plans import quick_plans
from planner.solvers.labelling.value_floor import value_floor
from planner.solvers.period.makespan import CappedChain
from planner.solvers.period.team_tables import TeamTables
from planner.solvers.period.teams import usage_of
from planner.solvers.solve import SOLVERS, solve
from tests.planner.instances import (
    large_problem,
    limited,
    make_node,
    make_problem,
    mesh,
    random_problem,
)
from tests.planner.measured import with_measured_stages
from tests.planner.priced_instances import priced_problem

CLOSE = 1e-9
OBJECTIVES = (LATENCY, THROUGHPUT, PRICE, NODES, makespan(3))
CLASSES = (
    {"order": "listed"},
    {"order": "listed", "min_stages": 2, "max_replicas": 2},
    {"order": "free"},
    {"order": "free", "min_stages": 2, "max_stages": 3},
    {"order": "free", "max_replicas": 3},
    {"order": "free", "revisits": True},
    {"order": "free", "revisits": True, "min_stages": 2, "max_stages": 3},
)
FIELDS = ("max_latency_s", "max_period_s", "max_price")


def with_random_limits(problem: Problem, seed: int) -> Problem:
    """Limits near the values of one plan, so that some hold and some do not."""
    rng = np.random.default_rng(seed)
    estimates = [estimate for _, estimate in feasible_plans(problem)]
    if not estimates:
        return problem
    chosen = estimates[int(rng.integers(len(estimates)))]
    values = (chosen.latency_s, chosen.period_s, chosen.price)
    changes = {
        field: value * float(rng.uniform(0.8, 1.3))
        for field, value in zip(FIELDS, values, strict=True)
        if value > 0 and rng.random() < 0.6
    }
    return limited(problem, **changes)


def assert_equals_the_oracle(found: Solution, problem: Problem, objective) -> None:
    oracle = BruteForce().solve(problem, objective)
    assert (found.value is None) == (oracle.value is None), found.reason
    if found.value is None:
        assert found.status is Status.INFEASIBLE
        assert found.reason
    else:
        assert found.status is Status.OPTIMAL
        assert found.value == pytest.approx(oracle.value, rel=CLOSE, abs=0.0)
        estimate = evaluate(problem, found.plan)
        assert found.value == objective.value(estimate)
        if objective is NODES:
            latency_s = evaluate(problem, oracle.plan).latency_s
            assert estimate.latency_s == pytest.approx(latency_s, rel=CLOSE)


def assert_agrees_with_the_oracle(found: Solution, problem: Problem, objective) -> None:
    """Equality where there is a proof, else a plan that is no better and a bound that holds."""
    if found.status in (Status.OPTIMAL, Status.INFEASIBLE):
        assert_equals_the_oracle(found, problem, objective)
        return
    oracle = BruteForce().solve(problem, objective)
    assert found.reason
    assert found.value is None or found.value >= oracle.value * (1 - CLOSE)
    if oracle.value is not None and found.lower_bound is not None:
        assert found.lower_bound <= oracle.value * (1 + CLOSE)


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_labels_equal_the_oracle_for_every_objective(limits):
    feasible = []
    most_nodes = 3 if "revisits" in limits else 4
    for seed in range(36):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=most_nodes), **limits)
        problem = with_random_limits(problem, seed)
        for objective in OBJECTIVES[seed % 2 :: 2]:
            found = Labels().solve(problem, objective)
            assert_equals_the_oracle(found, problem, objective)
            feasible.append(found.plan is not None)
    assert 0.1 < np.mean(feasible) < 0.9


@given(
    st.integers(min_value=0, max_value=10**9),
    st.sampled_from(CLASSES),
    st.sampled_from(OBJECTIVES),
)
@settings(max_examples=70, deadline=None, derandomize=True)
def test_every_solver_that_accepts_a_problem_agrees_with_the_oracle(seed, limits, objective):
    problem = with_random_limits(limited(random_problem(seed, most_nodes=3), **limits), seed)
    for solver in SOLVERS:
        if solver.skip_reason(problem, objective) is None:
            assert_agrees_with_the_oracle(solver.solve(problem, objective), problem, objective)


def cheap_and_fast() -> Problem:
    """Two blocks of 2 s: 20 for 2 s on the fast machine, 4 for 4 s on the slow one."""
    fast = make_node("fast", (2.0, 2.0), speed=2.0).model_copy(update={"price_per_s": 10.0})
    slow = make_node("slow", (2.0, 2.0)).model_copy(update={"price_per_s": 1.0})
    return make_problem([fast, slow], mesh(["fast", "slow"]), (0, 0, 0), sink="slow")


def test_the_cheapest_plan_within_a_latency():
    problem = cheap_and_fast()
    assert solve(problem, PRICE).value == 4.0
    assert solve(limited(problem, max_latency_s=3.5), PRICE).value == 12.0
    assert solve(limited(problem, max_latency_s=2.0), PRICE).value == 20.0


def test_a_limit_that_equals_a_plans_value_lets_it_pass():
    for seed in range(25):
        problem = limited(priced_problem(seed), order="free")
        best = solve(problem, LATENCY)
        if best.value:
            assert solve(limited(problem, max_latency_s=best.value), PRICE).plan is not None


def test_a_limit_below_the_least_value_is_named_with_it():
    problem = cheap_and_fast()
    found = solve(limited(problem, max_latency_s=1.5), PRICE)
    assert found.status is Status.INFEASIBLE
    assert "the least latency of any plan is 2 s, above its limit 1.5 s" in found.reason
    found = solve(limited(problem, max_price=3.0, order="free"), LATENCY)
    assert "the least price of any plan is 4, above its limit 3" in found.reason


def test_limits_that_hold_alone_but_not_together_are_named_together():
    found = solve(limited(cheap_and_fast(), max_latency_s=2.5, max_price=10.0), NODES)
    assert found.status is Status.INFEASIBLE
    assert "within the limit on latency, the least price of any plan is 20" in found.reason


def test_caps_that_forbid_every_plan_are_the_reason_whatever_the_limits():
    problem = make_problem([make_node("a", (1.0,), 10)], [], (1, 1), weight_bytes=(20,), sink="a")
    found = solve(limited(problem, max_latency_s=3.0), PRICE)
    assert found.status is Status.INFEASIBLE
    assert "lacks 11 bytes" in found.reason


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from((LATENCY, PRICE, NODES)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_labels_agree_with_the_recurrence_on_longer_chains(seed, objective):
    problem = priced_problem(seed, most_blocks=15, most_nodes=6, most_kinds=6)
    found, other = Labels().solve(problem, objective), ChainDp().solve(problem, objective)
    assert found.status is other.status
    if found.value is not None:
        assert found.value == pytest.approx(other.value, rel=CLOSE)


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(OBJECTIVES))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_search_over_orders_has_a_valid_bound_and_a_feasible_plan(seed, objective):
    problem = limited(priced_problem(seed, most_nodes=4, most_kinds=4), order="free")
    problem = with_random_limits(problem, seed)
    oracle = BruteForce().solve(problem, objective)
    found = search(problem, objective, Budget())
    if oracle.value is None:
        assert found.plan is None
    else:
        assert found.lower_bound <= oracle.value * (1 + CLOSE)
        assert found.value[0] >= oracle.value * (1 - CLOSE)
        assert found.value[0] == pytest.approx(oracle.value, rel=0.5)


def test_too_many_orders_give_a_plan_with_a_gap():
    problem = limited(large_problem(20, 18, cap_bytes=10**7), order="free", max_latency_s=1.0)
    found = Labels().solve(problem, THROUGHPUT, Budget(3.0))
    assert found.plan is not None
    assert 0 < found.lower_bound <= found.value
    assert found.status is Status.OPTIMAL or "too many" in found.reason


def test_no_time_at_all_gives_a_quick_plan_or_none_but_no_error():
    problem = limited(large_problem(60, 7, cap_bytes=10**9), order="free", max_period_s=1.0)
    found = Labels().solve(problem, LATENCY, Budget(1e-9))
    assert found.status in (Status.UNKNOWN, Status.FEASIBLE)
    assert found.reason


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_a_search_without_a_plan_leaves_the_plan_of_least_limited_value(monkeypatch, limits):
    def nothing(problem, objective, budget):
        return Least(lower_bound=1e-3, why="it found nothing")

    monkeypatch.setattr(labels, "_least", nothing)
    problem = limited(large_problem(8, 3, cap_bytes=10**9), **limits)
    period_s = solve(limited(problem, max_replicas=1, revisits=False), THROUGHPUT).value
    found = Labels().solve(limited(problem, max_period_s=period_s * 1.01), LATENCY)
    assert found.status is Status.FEASIBLE
    assert 0 < found.lower_bound < found.value
    assert evaluate(problem, found.plan).period_s <= period_s * 1.01
    assert found.reason == "it found nothing"


def test_the_same_problem_gets_the_same_plan():
    problem = limited(large_problem(12, 6, cap_bytes=10**9), order="free", max_period_s=0.004)
    first, second = (Labels().solve(problem, LATENCY) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()
    assert first.status is Status.OPTIMAL


@given(
    st.integers(min_value=0, max_value=10**9),
    st.sampled_from(CLASSES),
    st.sampled_from(OBJECTIVES),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_bound_without_a_search_is_never_above_the_least_value(seed, limits, objective):
    problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), **limits)
    oracle = BruteForce().solve(problem, objective)
    if oracle.value is not None:
        tables = TeamTables(problem, usage_of(problem).groups)
        assert value_floor(tables, objective) <= oracle.value * (1 + 1e-12)


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_quick_plans_are_plans_of_every_class(limits):
    for seed in range(8):
        problem = limited(priced_problem(seed, most_blocks=8, most_kinds=4), **limits)
        for plan in quick_plans(problem, Budget()):
            estimate = evaluate(problem, plan)
            assert estimate.fits
            assert broken_limit(problem.limits, estimate) is None


def test_a_problem_too_large_for_labels_still_gets_a_plan_and_a_bound():
    problem = limited(large_problem(40, 24, cap_bytes=10**9), order="free", revisits=True)
    assert too_large_reason(problem)
    found = Labels().solve(problem, makespan(4), Budget(2.0))
    assert found.plan is not None
    assert 0 < found.lower_bound <= found.value
    assert "cells" in found.reason


@pytest.mark.parametrize("limits", CLASSES, ids=str)
def test_stages_with_a_time_of_their_own_are_priced_by_it(limits):
    for seed in range(24):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), **limits)
        problem = with_random_limits(with_measured_stages(problem, seed), seed)
        objective = OBJECTIVES[seed % len(OBJECTIVES)]
        for solver in SOLVERS:
            if solver.skip_reason(problem, objective) is None:
                assert_agrees_with_the_oracle(solver.solve(problem, objective), problem, objective)


def test_how_times_vary_is_left_to_others_but_for_mean_and_variance():
    problem = priced_problem(4)
    for solver in (Labels(), CappedChain()):
        assert "vary" in (solver.skip_reason(problem, latency_quantile(0.9)) or "")
    assert "vary" in (CappedChain().skip_reason(problem, mean_variance(1.0, 0.1)) or "")
    assert Labels().skip_reason(problem, mean_variance(1.0, 0.1)) is None


def test_every_solver_has_a_name_of_its_own():
    names = [solver.name for solver in SOLVERS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", ["max_latency_s", "max_period_s", "max_price"])
@pytest.mark.parametrize(
    "limits",
    [
        {"order": "listed"},
        {"order": "free"},
        {"order": "free", "revisits": True},
        {"order": "free", "max_replicas": 2},
    ],
    ids=lambda limits: " ".join(map(str, limits.values())),
)
def test_a_limit_at_the_least_value_of_any_plan_is_kept_whatever_the_order_of_sums(kind, limits):
    """A value fed back as the limit must not fail by the last bit of a sum."""
    read = {
        "max_latency_s": lambda e: e.latency_s,
        "max_period_s": lambda e: e.period_s,
        "max_price": lambda e: e.price,
    }
    seen = 0
    for seed in range(40):
        problem = limited(priced_problem(seed, most_blocks=4, most_nodes=3), **limits)
        estimates = [estimate for _, estimate in feasible_plans(problem)]
        least = min(map(read[kind], estimates), default=0.0)
        if not 0 < least < math.inf:
            continue
        tight = limited(problem, **{kind: least})
        within = [e for e in estimates if broken_limit(tight.limits, e) is None]
        for objective in (LATENCY, THROUGHPUT, PRICE):
            solution = solve(tight, objective)
            best = min(map(objective.value, within))
            assert solution.status is Status.OPTIMAL
            assert solution.value == pytest.approx(best, rel=1e-8, abs=1e-12)
            seen += 1
    assert seen > 50
