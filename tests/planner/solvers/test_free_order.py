"""The solvers of nodes in any order against the oracle, and against each other."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.costs.evaluate import evaluate
from planner.limits import Order
from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, Objective
from planner.problem import Problem
from planner.solution import Solution, Status
from planner.solvers.any_order.free_order import FreeOrder
from planner.solvers.any_order.free_search import Effort
from planner.solvers.any_order.label_rounds import RoundsEffort
from planner.solvers.any_order.local_search import LocalSearch
from planner.solvers.any_order.order_search import OrderEffort
from planner.solvers.any_order.relaxation import Relaxation
from planner.solvers.any_order.relaxed_chain import RelaxedChain
from planner.solvers.any_order.run_memory import RunMemory, counting_groups, watching_groups
from planner.solvers.any_order.type_tables import type_tables
from planner.solvers.any_order.typed_dp import TypedDp
from planner.solvers.brute_force import BruteForce, feasible_plans
from planner.solvers.budget import Budget
from planner.solvers.chain_dp import ChainDp
from planner.solvers.interface import Solver
from planner.solvers.solve import solve
from tests.planner.instances import NAMED, large_problem, limited, make_node, make_problem, mesh
from tests.planner.solvers.free_instances import (
    any_order,
    clustered_problem,
    random_free_problem,
    typed_problem,
    unequal_problem,
)

NO_LABELS = RoundsEffort((), most_work=10_000)
QUICK = Effort(rounds=NO_LABELS, orders=OrderEffort(kicks=3, most_priced=10_000))
EXACT: tuple[Solver, ...] = (TypedDp(), Relaxation())
SOLVERS: tuple[Solver, ...] = (*EXACT, FreeOrder(), LocalSearch(QUICK))
CLOSE = 1e-9


def assert_answers_the_oracle(
    solver: Solver, problem: Problem, objective: Objective, oracle: Solution
) -> None:
    found = solver.solve(problem, objective)
    if solver.name == "order-search" and found.status is not oracle.status:
        assert found.status in (Status.FEASIBLE, Status.UNKNOWN)
    else:
        assert found.status is oracle.status
    if found.plan is not None:
        estimate = evaluate(problem, found.plan)
        assert estimate.fits
        assert found.value == objective.value(estimate)
        assert found.value >= oracle.value * (1 - CLOSE)
        assert len(estimate.stages) == estimate.n_nodes
    if found.status is Status.OPTIMAL:
        assert found.value == pytest.approx(oracle.value, rel=CLOSE, abs=0.0)
    if oracle.value is not None and found.lower_bound is not None:
        assert found.lower_bound <= oracle.value * (1 + CLOSE)
    if found.status in (Status.INFEASIBLE, Status.UNKNOWN):
        assert found.reason


def some_limits(seed: int) -> dict[str, object]:
    k = 1 + seed % 3
    return ({}, {}, {"max_stages": k}, {"min_stages": k}, {"min_stages": k, "max_stages": k})[
        seed % 5
    ]


def test_every_method_equals_the_oracle_on_1000_random_instances():
    feasible = []
    for seed in range(1000):
        problem = limited(random_free_problem(seed), **some_limits(seed))
        objective = (LATENCY, LATENCY, PRICE)[seed % 3]
        oracle = BruteForce().solve(problem, objective)
        feasible.append(oracle.plan is not None)
        for solver in SOLVERS[: 2 + 2 * (seed % 4 == 0)]:
            assert_answers_the_oracle(solver, problem, objective, oracle)
    assert 0.3 < np.mean(feasible) < 0.9


@pytest.mark.parametrize("solver", EXACT, ids=lambda solver: solver.name)
def test_the_fewest_nodes_come_first_and_then_the_least_latency(solver):
    for seed in range(150):
        problem = limited(random_free_problem(seed), **some_limits(seed))
        found, oracle = solver.solve(problem, NODES), BruteForce().solve(problem, NODES)
        assert found.status is oracle.status
        assert found.value == oracle.value
        if found.plan is not None:
            latency = [evaluate(problem, plan).latency_s for plan in (found.plan, oracle.plan)]
            assert latency[0] == pytest.approx(latency[1], rel=CLOSE)


@given(st.integers(min_value=10**6, max_value=10**9))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_longer_chains_on_more_nodes_equal_the_oracle(seed):
    problem = random_free_problem(seed, most_blocks=6, most_nodes=5)
    oracle = BruteForce().solve(problem)
    for solver in EXACT:
        assert_answers_the_oracle(solver, problem, LATENCY, oracle)


@pytest.mark.parametrize("build", NAMED)
def test_the_named_instances_in_any_order_equal_the_oracle(build):
    problem = any_order(build())
    oracle = BruteForce().solve(problem)
    for solver in SOLVERS:
        assert solver.skip_reason(problem) is None
        assert_answers_the_oracle(solver, problem, LATENCY, oracle)


@pytest.mark.parametrize("seed", range(6))
def test_the_table_and_the_relaxation_agree_where_nothing_can_be_enumerated(seed):
    problem = unequal_problem(30, 9, seed, memory=(1.5, 3.0)[seed % 2])
    table, relaxed = (solver.solve(problem) for solver in EXACT)
    assert table.status is relaxed.status is Status.OPTIMAL
    assert table.value == pytest.approx(relaxed.value, rel=CLOSE)


@pytest.mark.parametrize("seed", range(4))
def test_many_nodes_of_few_types_get_one_answer_from_both_methods(seed):
    problem = typed_problem(seed, most_blocks=20, most_nodes=12)
    table, relaxed = (solver.solve(problem) for solver in EXACT)
    assert table.status is relaxed.status
    if table.value is not None:
        assert table.value == pytest.approx(relaxed.value, rel=CLOSE)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_is_never_worse_than_the_listed_one(seed):
    problem = unequal_problem(40, 12, seed)
    listed = ChainDp().solve(limited(problem, order=Order.LISTED))
    free = FreeOrder().solve(problem)
    assert free.status is Status.OPTIMAL
    assert listed.value is None or free.value <= listed.value


def test_the_better_order_is_found_where_the_listed_one_is_wrong():
    """Only the last listed node holds the first block, and only the first the last one."""
    nodes = [make_node("a", (1.0, 1.0), 10), make_node("b", (1.0, 1.0), 6)]
    problem = make_problem(nodes, mesh("ab"), (1, 1, 1), weight_bytes=(5, 9), source="b", sink="a")
    assert ChainDp().solve(problem).plan is None
    found = FreeOrder().solve(any_order(problem))
    assert [stage.node for stage in found.plan.stages] == ["b", "a"]


def test_a_node_is_never_used_twice_although_it_is_the_fastest_by_far():
    """Reusing the fast node for every other stage would be best, and is what relaxations do."""
    nodes = [make_node(f"n{i}", (1.0,) * 6, 20, speed=9.0 if i == 3 else 1.0) for i in range(6)]
    problem = any_order(make_problem(nodes, mesh([n.name for n in nodes]), (1,) * 7,
                                     weight_bytes=(9,) * 6))  # fmt: skip
    for solver in EXACT:
        plan = solver.solve(problem).plan
        used = [stage.node for stage in plan.stages]
        assert len(used) == len(set(used))
        assert "n3" in used


def test_a_hop_between_two_nodes_of_one_type_has_its_price():
    """Three equal boxes hold two blocks each; their links are slow, so the fewest are used."""
    nodes = [make_node(f"box-{i}", (1.0,) * 4, 25) for i in range(3)]
    nodes.append(make_node("door", (1.0,) * 4, 0))
    problem = any_order(
        make_problem(
            nodes,
            mesh([n.name for n in nodes], 10.0),
            (5,) * 5,
            weight_bytes=(10,) * 4,
            source="door",
            sink="door",
        )
    )
    for solver in EXACT:
        found = solver.solve(problem)
        assert found.value == pytest.approx(4.0 + 3 * 0.5)
        assert len(found.plan.stages) == 2


def test_a_limit_on_the_value_itself_is_checked_at_the_end():
    problem = unequal_problem(12, 4, 0)
    best = TypedDp().solve(problem).value
    for solver in EXACT:
        above = limited(problem, max_latency_s=best * 1.001)
        below = limited(problem, max_latency_s=best * 0.999)
        assert solver.solve(above).value == pytest.approx(best, rel=CLOSE)
        assert solver.solve(below).status is Status.INFEASIBLE


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
def test_other_classes_are_skipped_with_a_reason(solver):
    problem = unequal_problem(6, 3, 0)
    assert solver.skip_reason(limited(problem, order=Order.LISTED))
    assert solver.skip_reason(limited(problem, revisits=True))
    assert solver.skip_reason(limited(problem, max_replicas=2))
    assert solver.skip_reason(limited(problem, max_price=1.0))
    assert solver.skip_reason(problem, THROUGHPUT)


def test_the_table_skips_what_it_cannot_hold():
    reason = TypedDp().skip_reason(any_order(large_problem(100, 40, cap_bytes=10**9)))
    assert "values" in reason


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
def test_equal_seeds_give_equal_answers(solver):
    problem = unequal_problem(25, 8, 1)
    first, second = (solver.solve(problem, LATENCY, Budget(seed=3)) for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
def test_without_time_the_answer_is_a_plan_with_its_bound_or_says_why_not(solver):
    problem = unequal_problem(60, 10, 2)
    budget = Budget(time_limit_s=1e-9)
    time.sleep(1e-6)
    found = solver.solve(problem, LATENCY, budget)
    assert found.status in (Status.FEASIBLE, Status.UNKNOWN)
    assert "time limit" in found.reason
    best = FreeOrder().solve(problem).value
    assert found.lower_bound <= best
    assert found.value is None or found.value >= best * (1 - CLOSE)


def test_a_truncated_search_still_has_a_valid_bound():
    effort = Effort(price_rounds=3, first_width=2, rounds=RoundsEffort((2, 4), 10**5), orders=None)
    for seed in range(20):
        problem = unequal_problem(20, 7, seed, memory=1.6)
        best = TypedDp().solve(problem)
        found = Relaxation(effort).solve(problem)
        assert found.lower_bound <= best.value * (1 + CLOSE)
        assert found.value is None or found.value >= best.value * (1 - CLOSE)


def test_each_number_of_stages_has_its_own_best_plan():
    problem = unequal_problem(14, 6, 3)
    for k in range(1, 7):
        exactly = limited(problem, min_stages=k, max_stages=k)
        table, relaxed = (solver.solve(exactly) for solver in EXACT)
        assert table.status is relaxed.status
        if table.plan is not None:
            assert len(table.plan.stages) == len(relaxed.plan.stages) == k
            assert table.value == pytest.approx(relaxed.value, rel=CLOSE)


def test_the_entry_point_takes_any_order_and_says_what_proved_the_answer():
    problem = unequal_problem(20, 6, 0)
    assert solve(problem).method.startswith("free-order: typed-dp")
    assert solve(problem, method="relaxation").value == pytest.approx(solve(problem).value)


def test_too_little_memory_in_all_is_proved_without_enumerating():
    found = Relaxation().solve(unequal_problem(60, 30, 0, memory=0.9))
    assert found.status is Status.INFEASIBLE


@pytest.mark.parametrize("most_states", [1, 4, 6, 32])
def test_runs_that_watch_more_nodes_give_better_bounds_and_never_too_good_ones(most_states):
    for seed in range(8):
        problem = clustered_problem(12, seed)
        tables, best = type_tables(problem), TypedDp().solve(problem).value
        n_types = len(tables.members)
        counting = RunMemory(tuple(counting_groups(((0, 1, 2), (3, 4, 5)), tables.counts)), n_types)
        prices = np.arange(n_types, dtype=float)
        groups = watching_groups(counting.groups, tables.counts, prices, most_states)
        watching = RunMemory(tuple(groups), n_types)
        bounds = [
            RelaxedChain(tables, runs).completions(np.zeros(n_types), Budget()).value
            for runs in (None, counting, watching)
        ]
        assert bounds[0] <= bounds[1] * (1 + CLOSE)
        assert bounds[1] <= bounds[2] * (1 + CLOSE)
        assert bounds[2] <= best * (1 + CLOSE)


def test_clusters_on_a_slow_network_are_proved_like_by_the_table():
    for seed in range(4):
        problem = clustered_problem(16, seed, n_nodes=9)
        table, relaxed = (solver.solve(problem) for solver in EXACT)
        assert table.status is relaxed.status
        assert table.value == pytest.approx(relaxed.value, rel=CLOSE)


def test_seventy_unequal_nodes_are_more_than_one_word_can_remember():
    problem = unequal_problem(40, 70, 0, memory=20.0)
    found = Relaxation(Effort(price_rounds=60, orders=None)).solve(problem)
    assert found.plan is not None
    assert found.lower_bound <= found.value


def test_no_plan_of_the_oracle_is_below_any_bound():
    for seed in range(40):
        problem = random_free_problem(seed)
        bound = LocalSearch(QUICK).solve(problem).lower_bound
        for _, estimate in feasible_plans(problem):
            assert bound is None or bound <= estimate.latency_s * (1 + CLOSE)
    assert math.isfinite(estimate.latency_s)
