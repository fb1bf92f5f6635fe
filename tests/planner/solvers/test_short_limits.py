"""Searches with next to no time: a plan at hand is offered, with a bound that is one."""

from math import isfinite

import pytest

from planner.objectives import LATENCY, PRICE, THROUGHPUT
from planner.solution import Status
from planner.solvers.additive_floor import additive_floor
from planner.solvers.any_order.free_order import FreeOrder
from planner.solvers.any_order.relaxation import Relaxation
from planner.solvers.brute_force import BruteForce
from planner.solvers.budget import Budget
from planner.solvers.period.throughput import Throughput
from planner.solvers.revisit.revisits import Revisits
from tests.planner.instances import large_problem, limited, random_problem
from tests.planner.solvers.free_instances import any_order, unequal_problem

NO_TIME_S = 1e-9


@pytest.mark.parametrize("objective", [LATENCY, PRICE])
def test_the_floor_is_below_the_best_plan_of_every_class(objective):
    for seed in range(120):
        problem = random_problem(seed, most_blocks=4, most_nodes=3)
        for changes in ({}, {"order": "free"}, {"order": "free", "revisits": True}):
            best = BruteForce().solve(limited(problem, **changes), objective).value
            floor = additive_floor(problem, objective)
            assert isfinite(floor)
            assert best is None or floor <= best


def test_without_time_revisits_give_a_plan_with_a_bound():
    problem = limited(large_problem(300, 8, cap_bytes=400 * 10**6), order="free", revisits=True)
    found = Revisits().solve(problem, LATENCY, Budget(NO_TIME_S))
    assert found.plan is not None
    assert found.gap < 0.3


def test_without_time_nodes_in_any_order_give_a_plan_with_a_bound():
    problem = any_order(large_problem(300, 24, cap_bytes=400 * 10**6))
    for solver in (FreeOrder(), Relaxation()):
        found = solver.solve(problem, LATENCY, Budget(NO_TIME_S))
        assert found.plan is not None
        assert found.gap < 0.3


def test_without_time_one_node_is_offered_if_the_listed_plan_has_too_many_stages():
    problem = any_order(unequal_problem(40, 24, 0, memory=100.0), max_stages=1)
    found = FreeOrder().solve(problem, LATENCY, Budget(NO_TIME_S))
    assert found.plan is not None
    assert len(found.plan.stages) == 1


def test_a_plan_that_is_not_proved_best_is_not_called_so():
    problem = any_order(large_problem(200, 24, cap_bytes=40 * 10**6))
    floor = additive_floor(problem, LATENCY)
    for limit in (0.5 * floor, 1.001 * floor):
        limits = limited(problem, max_latency_s=limit)
        found = Relaxation().solve(limits, LATENCY, Budget(NO_TIME_S))
        assert "the best plan breaks" not in found.reason
        if limit < floor:
            assert found.status is Status.INFEASIBLE
            assert "at least" in found.reason
        else:
            assert found.status is Status.UNKNOWN
            assert "the best plan found breaks a limit" in found.reason


@pytest.mark.parametrize("order", ["free", "listed"])
def test_without_time_the_period_is_that_of_a_plan_at_hand_with_a_bound(order):
    problem = limited(large_problem(120, 8, cap_bytes=21 * 10**6), order=order)
    found = Throughput().solve(problem, THROUGHPUT, Budget(NO_TIME_S))
    assert found.plan is not None
    assert found.status is Status.FEASIBLE
    proved = Throughput().solve(problem, THROUGHPUT)
    assert proved.status is Status.OPTIMAL
    assert found.lower_bound <= proved.value <= found.value


def test_without_time_a_plan_at_hand_above_the_limit_is_no_answer():
    problem = limited(large_problem(600, 16, cap_bytes=100 * 10**6), order="listed")
    least_s = Throughput().solve(problem, THROUGHPUT).value
    tight = limited(problem, max_period_s=least_s * 1.0001)
    found = Throughput().solve(tight, THROUGHPUT, Budget(NO_TIME_S))
    assert found.status is Status.UNKNOWN
    assert found.reason
